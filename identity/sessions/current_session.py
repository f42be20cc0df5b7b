"""The session of the present request."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from flask import Response, g, request
from flask import session as form_session
from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from app.actors import set_current_actor
from app.clock import now
from app.database import CompiledQuery, db
from app.identifiers import secret_hash
from identity.access_termination import lock_access
from identity.accounts.person import actor_of
from identity.sessions import cookies
from identity.sessions.actions import StartedSession, end_session, record_activity
from identity.sessions.models import Session
from identity.sessions.queries import idle_end

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


def current() -> Session | None:
    """Return the active session of this request, or None. Looked up once for the request."""
    if "identity_session" not in g:
        found = _find_presented()
        remember_current(found if found is not None and is_alive(found, now()) else None)
    session: Session | None = g.identity_session
    return session


def signed_in_session() -> Session:
    """Return the session in a view whose rule admits only signed-in people."""
    session = current()
    if session is None:
        raise RuntimeError("the route's rule does not ask for a session")
    return session


def remember_current(replacement: Session | None) -> None:
    """Make the rest of this request see `replacement` as its session."""
    g.identity_session = replacement
    if replacement is not None:
        set_current_actor(actor_of(replacement.account))


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


def sign_out_browser() -> None:
    """End the session of this request, if there is one, and delete its cookie."""
    session = current()
    if session is not None:
        end_session(session, cause="sign-out")
    forget_session()


def forget_session() -> None:
    """Delete the cookie of a session that has ended, with the forms that its person left open."""
    cookies.forget(cookies.SESSION)
    form_session.clear()
    remember_current(None)


def is_alive(session: Session, at: datetime) -> bool:
    """Return whether the session is active at that moment, whatever cookie a browser has."""
    return why_ended(session, at) is None


def why_ended(session: Session, at: datetime) -> str | None:
    """Return why the session is not valid at that moment, or None if it is."""
    if session.ended_at is not None:
        return session.ended_cause or "ended"
    if session.account.suspended:
        return "suspended"
    if session.absolute_end <= at:
        return "absolute limit"
    if idle_end(session) <= at:
        return "idle"
    return None


def is_still_active(session_id: int) -> bool:
    """Lock the session's row and return whether the session is still active.

    Must run inside `writing()`; an ending that comes at the same time waits until this transaction
    commits, and finds what it issued.
    """
    return _NOT_ENDED.one(id=session_id) is not None


def lock_session(session: Session) -> None:
    """Lock the person's access and their session for a change that they make.

    Must run inside `writing()`. Raises SessionOver where the session has ended since the request
    came in, so that an old session changes nothing after a reset or a suspension.
    """
    account = lock_access(session.account_id)
    if account is None or not account.active or not is_still_active(session.id):
        raise SessionOver


def why_presented_ended() -> str | None:
    """Return why the session whose cookie this browser still presents has ended, or None."""
    session = _find_presented()
    return why_ended(session, now()) if session is not None else None


def note_activity(response: Response) -> Response:
    """Note activity after each request; only an opened page extends the idle limit."""
    session: Session | None = g.get("identity_session")
    if session is None or not _is_activity():
        return response
    moment = now()
    try:
        if session.last_active_at + ACTIVITY_GRAIN > moment:
            return response
        record_activity(session, moment)
    except SQLAlchemyError as error:
        # The page is ready: that its opening could not be noted costs idle time, not the page.
        log.warning("session activity not noted", error=type(error).__name__)
        db.session.rollback()
    return response


def _is_activity() -> bool:
    # Browsers say what a request is for (Fetch Metadata): polling by a script, a frame or a
    # prefetch is not the person at work.
    purpose = request.headers.get("Sec-Purpose", "")
    destination = request.headers.get("Sec-Fetch-Dest", "document")
    return destination == "document" and "prefetch" not in purpose


def _find_presented() -> Session | None:
    token = cookies.read(cookies.SESSION)
    if not token:
        return None
    found: Session | None = db.session.scalar(
        select(Session).where(Session.token_hash == secret_hash(token))
    )
    return found
