"""Rules of this room for the authorisation layer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from app.clock import now
from app.web.authorisation import Allowed, Refused
from identity.ports import approvals
from identity.sessions import drafts
from identity.sessions.active_session import ActiveSession, why_ended
from identity.sessions.current_session import current, presented_session

KEEPS_DRAFTS = frozenset({"idle", "absolute limit"})
"""Ends of a session that its person did not want; after another one, nothing is kept."""


def signed_in(_arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow a person who is signed in completely and has no terms to accept."""
    session = current()
    if session is None:
        return Refused("sign-in", answer=ask_to_sign_in)
    if awaits_terms(session):
        return Refused("terms", answer=_ask_for_terms)
    return Allowed()


def awaits_terms(session: ActiveSession) -> bool:
    """Return whether the person has to accept terms of the platform before they go on.

    Judged at each request, so that a version published meanwhile is asked of open sessions too.
    """
    if "awaits_terms" not in g:
        due = approvals().terms_due(session.account, None, now(), newly=False)
        g.awaits_terms = bool(due)
    awaits: bool = g.awaits_terms
    return awaits


def signed_in_before_terms(_arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow a person who is signed in completely, with or without terms to accept."""
    if current() is None:
        return Refused("sign-in", answer=ask_to_sign_in)
    return Allowed()


def signed_in_until_a_limit(_arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow a signed-in person, and one whose session ended at a limit: for their drafts."""
    session = presented_session()
    if session is None or why_ended(session, now()) not in {None, *KEEPS_DRAFTS}:
        return Refused("sign-in", answer=ask_to_sign_in)
    return Allowed()


def signed_in_with_own_factors(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow a signed-in person whose session did not begin at an organisation's provider."""
    outcome = signed_in(arguments)
    session = current()
    if isinstance(outcome, Allowed) and session is not None and session.is_limited:
        return needs_own_factors()
    return outcome


def needs_own_factors() -> Refused:
    """Refuse a session that began at an organisation's provider, and explain what to do."""
    return Refused(
        "own factors", answer=lambda: _redirect(url_for("upstream.own_factors", next=wanted_page()))
    )


def ask_to_sign_in() -> Response:
    """Redirect to the sign-in page and back; it says why if a session has just ended.

    The fields of a posted form are kept for its person if their session reached a limit.
    """
    ended, page = presented_session(), wanted_page()
    if ended is None:
        return _redirect(url_for("sign_in.start", next=page))
    if why_ended(ended, now()) in KEEPS_DRAFTS and request.method == "POST":
        page = drafts.keep_posted(ended, page)
    return _redirect(url_for("sessions.ended", next=page))


def wanted_page() -> str:
    """Return the page to come back to: this one, or the start for a form of another page."""
    adapter = current_app.create_url_adapter(request)
    if request.method in {"GET", "HEAD"}:
        return request.full_path.rstrip("?")
    try:
        if adapter is not None:
            adapter.match(request.path, method="GET")
            return request.full_path.rstrip("?")
    except HTTPException:
        pass
    return "/"


def own_page(text: str | None) -> str | None:
    """Return `text` if it is a path of this service that a redirect may use, else None.

    Nothing that a browser reads as another host, scheme or header passes (LG-13).
    """
    if not text or not text.startswith("/") or text.startswith("//") or len(text) > 2000:
        return None
    if "\\" in text or any(ord(c) < 0x21 or ord(c) == 0x7F for c in text):
        return None
    return text


def _ask_for_terms() -> Response:
    session, page = current(), wanted_page()
    if session is not None and request.method == "POST":
        page = drafts.keep_posted(session, page)
    return _redirect(url_for("sign_in.terms_due", next=page))


def _redirect(address: str) -> Response:
    return redirect(address, code=303)  # type: ignore[return-value]  # werkzeug's own base class
