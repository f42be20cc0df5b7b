"""The condition for work in a queue whose next attempt is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from app.clock import now


def is_due(next_attempt_at: Any, *, longest_wait: timedelta) -> ColumnElement[bool]:
    """Return the condition on a column for work whose next attempt is due.

    A moment further ahead than any wait was written while the clock was ahead: due as well.
    """
    present = now()
    return or_(next_attempt_at <= present, next_attempt_at > present + longest_wait)
