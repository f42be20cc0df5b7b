"""The end of the session of this browser, of which each page warns five minutes before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import now
from app.database import database_errors
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import ACTIVITY_GRAIN, current
from identity.sessions.levels import session_limits

WARNING = timedelta(minutes=5)


@dataclass(frozen=True)
class SessionEnd:
    """The end of a session that is not used any more, as it stands when a page is sent.

    can_stay: whether using the session puts the end off. minutes: until the warning, as the style
    sheet counts them for browsers without JavaScript.
    """

    at: datetime
    seconds: int
    can_stay: bool

    @property
    def minutes(self) -> int:
        return max(0, (self.seconds - int(WARNING.total_seconds())) // 60)


def end_of(session: ActiveSession, at: datetime, *, used: bool) -> SessionEnd:
    """Return the end of the session; used: whether this request puts the idle limit off."""
    is_noted = used and session.last_active_at + ACTIVITY_GRAIN <= at
    active = at if is_noted else session.last_active_at
    idle = active + session_limits(session.acr).idle
    end = min(idle, session.absolute_end)
    # Staying helps where it gains more than the warning itself.
    can_stay = at + WARNING < session.absolute_end
    return SessionEnd(end, max(0, int((end - at).total_seconds())), can_stay)


def session_end() -> SessionEnd | None:
    """Return the end of this browser's session, or None without one; for the layout.

    None as well on an error page of a database that cannot be read.
    """
    try:
        session = current()
    except database_errors():
        return None
    return end_of(session, now(), used=True) if session is not None else None
