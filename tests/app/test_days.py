"""Days are days in London, and every date that people enter is read by one parser."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest
import time_machine

from app import days
from app.clock import day_of, end_of_day, start_of_day, today
from wsgi import create_app

MIDSUMMER = date(2026, 7, 1)
MIDWINTER = date(2018, 2, 16)


def test_start_and_end_of_day_are_midnight_in_london() -> None:
    assert start_of_day(MIDSUMMER) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert end_of_day(MIDSUMMER) == datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert end_of_day(MIDWINTER) == datetime(2018, 2, 17, tzinfo=UTC)


@pytest.mark.parametrize("changing", [date(2026, 3, 29), date(2026, 10, 25)])
def test_start_and_end_of_day_are_23_and_25_hours_apart_when_clocks_change(changing: date) -> None:
    hours = (end_of_day(changing) - start_of_day(changing)) / timedelta(hours=1)
    assert hours == (23 if changing.month == 3 else 25)


def test_today_is_the_day_in_london() -> None:
    with time_machine.travel("2026-06-30T23:30:00Z"):
        assert today() == MIDSUMMER


@pytest.mark.parametrize("text", ["2024-02-29", "1000-01-01", "2999-12-31"])
def test_parse_day_accepts_dates_that_can_be_moved(text: str) -> None:
    day = days.parse_day(text)
    assert day.isoformat() == text
    assert day_of(days.last_moment_of(day)) == day


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31",
        "3000-01-01",
        "0999-12-31",
        "0001-01-01",
        "0000-01-01",
        "12026-01-01",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-1-1",
        "20260101",
        "2026-W01-1",
        "01-02-2026",
        "٢٠٢٦-٠١-٠١",
        "-2026-01-01",
        "2026-01-01\n",
        "",
    ],
)
def test_parse_day_and_parse_moment_refuse_what_is_no_usable_date(text: str) -> None:
    for parse in (days.parse_day, days.parse_moment):
        with pytest.raises(days.NotADate):
            parse(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01", datetime(2026, 7, 1, 22, 59, 59, 999_999, tzinfo=UTC)),
        ("2018-02-16", datetime(2018, 2, 16, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-07-01T14:05Z", datetime(2026, 7, 1, 14, 5, tzinfo=UTC)),
        ("2026-07-01T14:05:06.5+01:00", datetime(2026, 7, 1, 13, 5, 6, 500_000, tzinfo=UTC)),
    ],
)
def test_parse_moment_accepts_a_day_or_a_moment_with_offset(text: str, moment: datetime) -> None:
    with time_machine.travel("2026-11-26T12:00:00Z"):
        assert days.parse_moment(text) == moment


def test_parse_moment_of_today_is_now() -> None:
    with time_machine.travel("2026-07-01T12:00:00Z", tick=False):
        assert days.parse_moment("2026-07-01") == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-07-01T14:05", "2026-07-01 14:05:06", "2026-07-01T25:00Z", "2026-02-30T10:00Z"]
)
def test_parse_moment_refuses_a_time_without_offset_and_times_that_do_not_exist(text: str) -> None:
    with pytest.raises(days.NotADate):
        days.parse_moment(text)


def test_not_in_future_refuses_days_and_moments_ahead() -> None:
    with time_machine.travel("2026-06-30T22:59:00Z", tick=False):
        assert days.day_not_in_future(date(2026, 6, 30)) == date(2026, 6, 30)
        with pytest.raises(days.NotADate, match="1 July 2026 is in the future"):
            days.day_not_in_future(MIDSUMMER)
        with pytest.raises(days.NotADate, match="in the future"):
            days.not_in_future(days.parse_moment("2026-06-30T23:00Z"))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (("31", "12", "9999"), "The year must be from 1000 to 2999"),
        (("1", "1", "0"), "The year must be from 1000 to 2999"),
        (("29", "2", "2026"), "Enter a real date"),
        (("1", "1", "20266"), "Enter a real date"),
        (("x", "1", "2026"), "Enter a real date"),
        (("²", "1", "2026"), "Enter a real date"),
    ],
)
def test_typed_day_refuses_with_a_sentence(parts: tuple[str, str, str], sentence: str) -> None:
    with pytest.raises(days.NotADate, match=sentence):
        days.typed_day(*parts)


def test_date_text_end_at_midnight_in_london_is_the_last_day() -> None:
    assert days.end_in_words(end_of_day(MIDSUMMER)) == "1 July 2026"
    assert days.end_in_words(end_of_day(MIDWINTER)) == "16 February 2018"


def test_date_text_end_at_midnight_utc_in_summer_is_a_moment() -> None:
    assert days.end_in_words(datetime(2026, 7, 2, tzinfo=UTC)) == "2 July 2026 at 1:00am"


def test_date_text_moment_that_begins_or_ends_a_day_is_the_day() -> None:
    assert days.date_text(start_of_day(MIDSUMMER)) == "1 July 2026"
    assert days.date_text(days.last_moment_of(MIDSUMMER)) == "1 July 2026"
    assert days.date_text(datetime(2026, 7, 1, 9, tzinfo=UTC)) == "1 July 2026 at 10:00am"


NAMES_OF_PEOPLE = {"given_name", "family_name"}
"""Either may be empty."""


def _texts(group: click.Group) -> list[tuple[str, click.Parameter]]:
    found: list[tuple[str, click.Parameter]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += [(f"{name} {path}", each) for path, each in _texts(command)]
        else:
            found += [(name, each) for each in command.params if each.type is click.STRING]
    return found


def test_commands_refuse_empty_names() -> None:
    from tests.conftest import settings

    cli = create_app(settings("sqlite://")).cli
    assert isinstance(cli, click.Group)
    plain = [
        f"{path} {each.name}"
        for path, each in _texts(cli)
        if each.name not in NAMES_OF_PEOPLE and not path.startswith(("db ", "limiter "))
    ]
    assert plain == []


OWN_DAYS = {"app/clock.py", "identity/information/facts.py"}
"""The clock itself, and a file format that counts in UTC."""
OWN_DATES = {
    "app/days.py",
    "approvals/organisations/importing/lineage.py",
    "approvals/organisations/register/statuses.py",
}
"""The parser itself, and dates that the register's own parser wrote."""


def _sources(*without: str) -> dict[str, str]:
    root = Path(__file__).parents[2]
    found = {
        str(path.relative_to(root)): path.read_text()
        for floor in ("app", "identity", "approvals")
        for path in (root / floor).rglob("*.py")
    }
    return {
        path: text
        for path, text in found.items()
        if path not in without and "/made_up/" not in path
    }


def test_modules_use_clock_for_the_day_of_a_moment() -> None:
    taking = re.compile(r"\)\.date\(\)|\bat\.date\(\)|\bmoment\.date\(\)|datetime\.combine")
    assert [path for path, text in _sources(*OWN_DAYS).items() if taking.search(text)] == []


def test_modules_use_days_to_parse_dates() -> None:
    parsing = re.compile(r"\bdate\.fromisoformat|strptime|click\.DateTime|\bdate\(\*?\w*int\(")
    assert [path for path, text in _sources(*OWN_DATES).items() if parsing.search(text)] == []
