"""The session of the present request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog
from flask import Response, g, request
from flask import session as form_session
from sqlalchemy import bindparam, select

from app.actors import set_current_actor
from app.clock import now
from app.context import request_values
from app.database import CompiledQuery, database_errors, db
from app.identifiers import secret_hash
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.sessions import cookies
from identity.sessions.actions import StartedSession, end_session, record_activity
from identity.sessions.active_session import (
    ActiveSession,
    find_by_replaced_token,
    find_by_token,
    is_alive,
    why_ended,
)
from identity.sessions.models import Session
from identity.sessions.token_renewal import STILL_SIGNS_OUT, find_renewed_token

# Activity is written at most this often: a page's requests cost one write, and a session ends at
# most this much early.
ACTIVITY_GRAIN = timedelta(seconds=20)
_NOT_ENDED: CompiledQuery[object] = CompiledQuery(
    select(Session.id)
    .where(Session.id == bindparam("id"), Session.ended_at.is_(None))
    .with_for_update(read=True)
)

log = structlog.get_logger()


class SessionOver(Exception):
    """The session ended between the arrival of its request and the change."""


def current() -> ActiveSession | None:
    """Return the active session of this request, or None. Looked up once for the request."""
    notes = request_values()
    if "identity_session" not in notes:
        found = presented_session()
        remember_current(found if found is not None and is_alive(found, now()) else None)
    session: ActiveSession | None = notes.identity_session
    return session


def signed_in_session() -> ActiveSession:
    """Return the session in a view whose rule admits only signed-in people."""
    session = current()
    if session is None:
        raise RuntimeError("the route's rule does not ask for a session")
    return session


def remember_current(replacement: ActiveSession | None) -> None:
    """Make the rest of this request see `replacement` as its session."""
    g.identity_session = replacement
    if replacement is not None:
        set_current_actor(actor_of(replacement.account))


def activity_is_noted() -> None:
    """Leave the activity of this request to the change that has noted it."""
    session = signed_in_session()
    remember_current(replace(session, last_active_at=now()))


def sign_in_browser(started: StartedSession) -> None:
    """Give the browser of this request the cookies of a session that has just begun."""
    if started.replaced_another:
        # Forms that the first person left open do not serve the second.
        form_session.clear()
    cookies.write(cookies.SESSION, started.token)
    if started.device_token is not None:
        seconds = int(cookies.DEVICE_LIFETIME.total_seconds())
        cookies.write(cookies.DEVICE, started.device_token, max_age=seconds)
    if started.remembered is not None:
        seconds = int(started.remembered.lifetime.total_seconds())
        cookies.write(cookies.REMEMBERED, started.remembered.token, max_age=seconds)
    remember_current(started.session)


def session_to_sign_out() -> ActiveSession | None:
    """Return the session that a sign-out of this browser ends, or None.

    That is the session of the request, or the one whose id another request has just renewed.
    """
    session, token, at = current(), cookies.read(cookies.SESSION), now()
    if session is not None or not token:
        return session
    renewed = find_by_replaced_token(secret_hash(token), replaced_after=at - STILL_SIGNS_OUT)
    return renewed if renewed is not None and is_alive(renewed, at) else None


def sign_out_browser() -> None:
    """End the session of this browser, if there is one, and delete its cookie."""
    session = session_to_sign_out()
    if session is not None:
        end_session(session, cause="sign-out")
    forget_session()


def forget_session() -> None:
    """Delete the cookie of a session that has ended, with the forms that its person left open."""
    cookies.forget(cookies.SESSION)
    form_session.clear()
    remember_current(None)


def is_still_active(session_id: int) -> bool:
    """Lock the session's row and return whether the session is still active.

    Must run inside `writing()`; an ending that comes at the same time waits until this transaction
    commits, and finds what it issued.
    """
    return _NOT_ENDED.one(id=session_id) is not None


def lock_session(session: ActiveSession) -> Account:
    """Lock the person's access and their session for a change that they make; return the account.

    Must run inside `writing()`. Raises SessionOver where the session has ended since the request
    came in, so that an old session changes nothing after a reset or a suspension.
    """
    account = lock_access(session.account_id)
    if account is None or not account.active or not is_still_active(session.id):
        raise SessionOver
    return account


def why_presented_ended() -> str | None:
    """Return why the session whose cookie this browser still presents has ended, or None."""
    session = presented_session()
    return why_ended(session, now()) if session is not None else None


def note_activity(response: Response) -> Response:
    """Note activity after each request; only an opened page extends the idle limit."""
    session: ActiveSession | None = g.get("identity_session")
    if session is None or not opens_page():
        return response
    moment = now()
    try:
        if session.last_active_at + ACTIVITY_GRAIN > moment:
            return response
        record_activity(session, moment)
    except database_errors() as error:
        # The page is ready: that its opening could not be noted costs idle time, not the page.
        log.warning("session activity not noted", error=type(error).__name__)
        db.session.rollback()
    return response


def write_renewed_token(response: Response) -> Response:
    """Give the browser the new token of its session, if the request has renewed it."""
    session: ActiveSession | None = g.get("identity_session")
    token = find_renewed_token(session.id) if session is not None else None
    if token is not None:
        cookies.write_to(response, cookies.SESSION, token)
    return response


def opens_page() -> bool:
    """Return whether the person opens a page with this request."""
    # Browsers say what a request is for (Fetch Metadata): polling by a script, a frame or a
    # prefetch is not the person at work.
    headers = request.headers
    purpose, destination = headers.get("Sec-Purpose", ""), headers.get("Sec-Fetch-Dest", "document")
    return destination == "document" and "prefetch" not in purpose


def presented_session() -> ActiveSession | None:
    """Return the session whose cookie this browser presents, active or ended."""
    token = cookies.read(cookies.SESSION)
    if not token:
        return None
    return find_by_token(secret_hash(token))
