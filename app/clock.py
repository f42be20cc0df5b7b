"""The present moment, and days: every day is a day in Europe/London."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
CLOCK_SLACK = timedelta(minutes=1)
"""Difference allowed between the clocks of two hosts."""


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the present day in London."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """Return the London day on which an aware moment lies."""
    return moment.astimezone(LONDON).date()


def start_of_day(day: date) -> datetime:
    """Return the London midnight at which `day` begins, in UTC."""
    return hour_of(day, 0)


def hour_of(day: date, hour: int) -> datetime:
    """Return the moment of an hour of a London day, in UTC.

    An hour that the clocks skip counts as the hour after it, one that they repeat as the first.
    """
    return datetime.combine(day, time(hour), tzinfo=LONDON).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the London midnight at which `day` ends and the next begins, in UTC.

    Raises OverflowError for 9999-12-31: days that people enter come through `app.days`, which
    refuses it.
    """
    return start_of_day(day + timedelta(days=1))


def is_within(limit: timedelta, moment: datetime, at: datetime) -> bool:
    """Return whether a moment lies less than `limit` before another.

    A moment that lies ahead was noted while the clock was wrong: it proves nothing.
    """
    return moment - CLOCK_SLACK <= at < moment + limit
