"""The one source of the present moment."""

from datetime import UTC, date, datetime, time, timedelta


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def start_of_day(day: date) -> datetime:
    """Midnight UTC at which `day` begins."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def end_of_day(day: date) -> datetime:
    """The midnight UTC at which `day` ends and the next begins."""
    return start_of_day(day) + timedelta(days=1)
