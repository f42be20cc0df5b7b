"""Reads of sessions for pages and commands."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, select

from app.clock import now
from app.database import db
from identity.sessions.models import Session
from identity.settings import settings


def live_sessions(account_id: int) -> list[Session]:
    """Return the sessions that may still be used, the latest first."""
    moment = now()
    idle = moment - timedelta(minutes=settings().session_idle_minutes)
    return list(
        db.session.scalars(
            select(Session)
            .where(
                Session.account_id == account_id,
                Session.ended_at.is_(None),
                Session.absolute_end > moment,
                Session.last_active_at > idle,
            )
            .order_by(Session.last_active_at.desc(), Session.id.desc())
        )
    )


def live_session(account_id: int, sid: str) -> Session | None:
    """Return the person's session of that `sid`, if it may still be used."""
    return next((each for each in live_sessions(account_id) if each.sid == sid), None)


def people_with_sessions() -> Select[int]:
    """Select the account id of each session that has not ended."""
    return select(Session.account_id).where(
        Session.ended_at.is_(None), Session.absolute_end > now()
    )
