"""Back-off after wrong guesses. Pure.

A bucket allows some failures for nothing; each one more sets a wait that doubles. Calm of
`forget` empties it. Every wait ends by itself, but for that of a closed factor (`throttle`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import CLOCK_SLACK


@dataclass(frozen=True)
class Limit:
    """`free` failures cost nothing; then waits begin at `first` and double up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta


@dataclass(frozen=True)
class Tally:
    """Contents of a bucket."""

    failures: int = 0
    last_failure_at: datetime | None = None
    blocked_until: datetime | None = None


def waiting_time(tally: Tally, at: datetime) -> timedelta:
    """Return how long the next try has to wait; zero where it need not.

    A failure that lies ahead was counted while the clock was wrong: it counts, and blocks nobody.
    """
    if tally.blocked_until is None or tally.blocked_until <= at:
        return timedelta(0)
    if tally.last_failure_at is not None and tally.last_failure_at > at + CLOCK_SLACK:
        return timedelta(0)
    return tally.blocked_until - at


def after_failure(tally: Tally, limit: Limit, at: datetime) -> Tally:
    """Return the bucket after another failure."""
    calm = tally.last_failure_at is not None and tally.last_failure_at + limit.forget <= at
    failures = 1 if calm else tally.failures + 1
    blocked_until = None
    if failures >= limit.free:
        # Doubling is capped before it overflows.
        doubled = limit.first * 2 ** min(failures - limit.free, 20)
        blocked_until = at + min(limit.longest, doubled)
    return Tally(failures, at, blocked_until)
