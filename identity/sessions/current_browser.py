"""The browser of the present request, and the secret to which its journeys are bound.

A journey's address alone opens nothing.
"""

from __future__ import annotations

from flask import request

from app.identifiers import new_secret, secret_hash
from app.web.client_address import client_network
from identity.sessions import cookies
from identity.sessions.browser import Browser
from identity.sessions.current_session import current, opens_page


def current_browser() -> Browser:
    """Return the browser of this request."""
    secret, device = cookies.read(cookies.BROWSER), cookies.read(cookies.DEVICE)
    remembered = cookies.read(cookies.REMEMBERED)
    return Browser(
        network=client_network(),
        user_agent=request.user_agent.string or "",
        secret_hash=secret_hash(secret) if secret else None,
        device_hash=secret_hash(device) if device else None,
        remembered_hash=secret_hash(remembered) if remembered else None,
        session=current(),
        opens_page=opens_page(),
    )


def bound_browser() -> Browser:
    """Return the browser of this request, to which journeys can be bound.

    A secret is made, and its cookie set, where the browser has none yet.
    """
    if not cookies.read(cookies.BROWSER):
        cookies.write(cookies.BROWSER, new_secret())
    return current_browser()
