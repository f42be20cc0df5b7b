"""The browser of the present request, and the secret to which its journeys are bound.

A journey's address alone opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, request

from app.identifiers import new_secret, secret_hash
from app.web.client_address import client_network
from identity.sessions import cookies
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import current, opens_page


def current_browser() -> Browser:
    """Return the browser of this request: one value until a cookie or the session changes."""
    session, pending = current(), cookies.pending()
    kept: tuple[ActiveSession | None, Mapping[str, str | None], Browser] | None = g.get("browser")
    if kept is not None and kept[0] is session and kept[1] == pending:
        return kept[2]
    browser = _browser(session)
    g.browser = session, dict(pending), browser
    return browser


def _browser(session: ActiveSession | None) -> Browser:
    secret, device = cookies.read(cookies.BROWSER), cookies.read(cookies.DEVICE)
    remembered = cookies.read(cookies.REMEMBERED)
    return Browser(
        network=client_network(),
        user_agent=request.user_agent.string or "",
        secret_hash=secret_hash(secret) if secret else None,
        device_hash=secret_hash(device) if device else None,
        remembered_hash=secret_hash(remembered) if remembered else None,
        session=session,
        opens_page=opens_page(),
    )


def bound_browser() -> Browser:
    """Return the browser of this request, to which journeys can be bound.

    A secret is made, and its cookie set, where the browser has none yet.
    """
    if not cookies.read(cookies.BROWSER):
        cookies.write(cookies.BROWSER, new_secret())
    return current_browser()
