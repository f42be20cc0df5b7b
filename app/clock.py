"""The one source of the present moment."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def start_of_day(day: date) -> datetime:
    """Midnight UTC at which `day` begins."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def end_of_day(day: date) -> datetime:
    """The midnight UTC at which `day` ends and the next begins."""
    return start_of_day(day) + timedelta(days=1)


def is_due(next_attempt_at: Any, *, longest_wait: timedelta) -> ColumnElement[bool]:
    """Return the condition on a column for work whose next attempt is due.

    A moment further ahead than any wait was written while the clock was ahead: due as well.
    """
    present = now()
    return or_(next_attempt_at <= present, next_attempt_at > present + longest_wait)
