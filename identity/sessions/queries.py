"""Reads of sessions for pages and commands."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.clock import now
from app.database import db
from identity.sessions.active_session import idle_end
from identity.sessions.models import Session


def live_sessions(account_id: int) -> list[Session]:
    """Return the sessions that may still be used, the latest first."""
    moment = now()
    found = db.session.scalars(
        select(Session)
        .where(
            Session.account_id == account_id,
            Session.ended_at.is_(None),
            Session.absolute_end > moment,
        )
        .order_by(Session.last_active_at.desc(), Session.id.desc())
    )
    # The idle limit depends on the level of each session.
    return [session for session in found if idle_end(session) > moment]


def live_session(account_id: int, sid: str) -> Session | None:
    """Return the person's session of that `sid`, if it may still be used."""
    return next((each for each in live_sessions(account_id) if each.sid == sid), None)


def people_with_sessions() -> Select[int]:
    """Select the account id of each session that has not ended."""
    return select(Session.account_id).where(
        Session.ended_at.is_(None), Session.absolute_end > now()
    )
