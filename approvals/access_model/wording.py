"""Dates in sentences, on British clocks, without the web shell."""

from datetime import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def on(moment: datetime) -> str:
    """`23 November 2026`; with the time where it is not midnight: `23 November 2026 at 2:05pm`."""
    local = moment.astimezone(LONDON)
    day = f"{local.day} {local:%B %Y}"
    # Register dates are midnight UTC, which is one o'clock on a British summer's day.
    if moment.hour == moment.minute == 0 or local.hour == local.minute == 0:
        return day
    return f"{day} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
