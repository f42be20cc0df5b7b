"""Moments that were noted while the clock was wrong."""

from __future__ import annotations

from datetime import timedelta

from app.clock import is_within, now

QUARTER = timedelta(minutes=15)


def test_is_within_takes_recent_moments_and_none_that_lie_ahead() -> None:
    assert is_within(QUARTER, now() - timedelta(minutes=14), now())
    assert is_within(QUARTER, now() + timedelta(seconds=30), now())
    assert not is_within(QUARTER, now() - timedelta(minutes=15), now())
    assert not is_within(QUARTER, now() + timedelta(hours=2), now())
