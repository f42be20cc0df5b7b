"""Days and moments as people enter and read them.

Every page, command and API reads dates here, so that all of them refuse the same ones. A date means
the state at the end of that day in London; today means now. A moment has an offset or Z.
"""

import re
from datetime import UTC, date, datetime, timedelta

from app.clock import LONDON, day_of, end_of_day, now, today

FIRST_YEAR, LAST_YEAR = 1000, 2999
"""Dates outside are typing errors. Dates within can be moved by days and between time zones."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_WITHOUT_OFFSET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+")
_TICK = timedelta(microseconds=1)


class NotADate(ValueError):
    """The text is no usable date or moment; the message is a sentence for the person."""


def real_day(year: int, month: int, day: int) -> date:
    """Return the date. Raises NotADate for one that no calendar has, or that is out of range."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotADate(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate("Enter a real date") from None


def typed_day(day: str, month: str, year: str) -> date:
    """Return the date in three fields of a form. Raises NotADate."""
    parts = [part.strip() for part in (year, month, day)]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise NotADate("Enter a real date")
    return real_day(*(int(part) for part in parts))


def parse_day(text: str) -> date:
    """Return the date in `2026-11-23`. Raises NotADate."""
    if not _DAY.fullmatch(text):
        raise NotADate(f"“{text[:40]}” is not a date such as 2026-11-23")
    return real_day(int(text[:4]), int(text[5:7]), int(text[8:]))


def parse_moment(text: str) -> datetime:
    """Return the moment in UTC of `2026-11-23`, `2026-11-23T14:05Z` or `…+01:00`.

    A date is the last microsecond of that day in London, or now where the day is today. Raises
    NotADate, also for a time without an offset.
    """
    if _WITHOUT_OFFSET.fullmatch(text):
        raise NotADate(f"{text[:40]} has no offset: write {text[:16]}Z or {text[:16]}+01:00")
    if not _MOMENT.fullmatch(text):
        day = parse_day(text)
        return now() if day == today() else last_moment_of(day)
    parse_day(text[:10])
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise NotADate(f"“{text[:40]}” is not a moment such as 2026-11-23T14:05Z") from None


def last_moment_of(day: date) -> datetime:
    """Return the last microsecond of a day in London, in UTC."""
    return end_of_day(day) - _TICK


def not_in_future(value: datetime) -> datetime:
    """Return the moment. Raises NotADate for one that lies ahead."""
    if value > now():
        raise NotADate(f"{date_text(value)} is in the future")
    return value


def day_not_in_future(value: date) -> date:
    """Return the date. Raises NotADate for one after today."""
    if value > today():
        raise NotADate(f"{in_words(value)} is in the future")
    return value


# ------------------------------------------------------------------------------- in words


def in_words(value: date | datetime) -> str:
    """Return `23 November 2026`, in London where the value is a moment."""
    local = value.astimezone(LONDON) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B} {local.year}"


def moment_in_words(value: datetime) -> str:
    """Return `23 November 2026 at 2:05pm`, in London."""
    local = value.astimezone(LONDON)
    half = "am" if local.hour < 12 else "pm"
    return f"{in_words(local)} at {local.hour % 12 or 12}:{local:%M}{half}"


def date_text(value: datetime) -> str:
    """Return a day where the moment begins or ends one in London, else the day and the time."""
    return (
        in_words(value)
        if _is_midnight(value) or _is_midnight(value + _TICK)
        else (moment_in_words(value))
    )


def last_day(ends_at: datetime) -> date:
    """Return the last day in London on which something with this end still counts."""
    return day_of(ends_at - _TICK)


def end_in_words(ends_at: datetime) -> str:
    """Return the last day of what ends at a London midnight; otherwise the moment of the end."""
    return in_words(last_day(ends_at)) if _is_midnight(ends_at) else moment_in_words(ends_at)


def _is_midnight(value: datetime) -> bool:
    local = value.astimezone(LONDON)
    return not (local.hour or local.minute or local.second or local.microsecond)
