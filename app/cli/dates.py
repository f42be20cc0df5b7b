"""Dates and moments as options of commands, read by `app.days`."""

from collections.abc import Callable
from datetime import date, datetime

import click

from app import days


class DateOption(click.ParamType[date]):
    """An option whose text `read` turns into a date or a moment; its NotADate is a usage error.

    A default that is a date or a moment stays as it is.
    """

    name = "date"

    def __init__(self, read: Callable[[str], date]) -> None:
        self._read = read

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        if isinstance(value, date):
            return value
        try:
            return self._read(value)
        except days.NotADate as error:
            self.fail(f"{error}.", param, ctx)


def _day_not_in_future(text: str) -> date:
    return days.day_not_in_future(days.parse_day(text))


def _moment_not_in_future(text: str) -> datetime:
    return days.not_in_future(days.parse_moment(text))


DAY = DateOption(days.parse_day)
DAY_NOT_IN_FUTURE = DateOption(_day_not_in_future)
MOMENT = DateOption(days.parse_moment)
MOMENT_NOT_IN_FUTURE = DateOption(_moment_not_in_future)
