"""Conclusions from the statements about a school or a group, for any day.

Pure, and a function of the statements alone: files imported in any order give the same answer.

- Name, type, local authority and diocese bear no date: from a statement's day on until the next
  one; before the first, as the first says.
- Open or closed: by `OpenDate` and `CloseDate` of the newest file that gives them, where none is
  given from the day of the first file that says so. A date that lies ahead counts from that day on,
  unless a later file moves it or says that the school has not opened or closed.
- Trust: from its `Joined Date` on, by the newest file; without that date from the day of the first
  file that says so. Joining a trust ends belonging to the one before, as does a complete file
  without the school, on its day.

A day before every statement is answered from the first one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypedDict

from approvals.organisations.register import codes, layouts
from approvals.organisations.register.stated_facts import StatedFacts
from approvals.organisations.register.statuses import (
    BEGINNING,
    END,
    FamilyStatement,
    Status,
    as_day,
    group_statuses,
    lives,
    newest_status,
    school_statuses,
    status_on,
)
from approvals.organisations.register.trust_membership import Belonging, belongings

Statements = Sequence[tuple[date, StatedFacts | None]]
Streams = Mapping[str, Statements]
"""The statements about one subject by family: day, and facts or None."""
States = Sequence[tuple[date, StatedFacts]]
"""All that is known from each day on."""

_WEIGHTIEST_LAST = (
    layouts.GROUP_LINKS,
    layouts.ALL_LINKS,
    layouts.CHILDRENS_CENTRES,
    layouts.ACADEMIES,
    layouts.STATE_FUNDED,
    layouts.ESTABLISHMENTS,
    layouts.GROUPS,
    layouts.LOCAL_AUTHORITIES,
    layouts.SCHOOL_LINKS,
)
"""Families by their precedence for one day, the strongest last. Link files know trusts best."""


@dataclass(frozen=True)
class Period:
    """State from `valid_from` until before `valid_to`."""

    valid_from: date
    valid_to: date
    open: bool
    name: str
    type_code: str | None
    status_code: str
    la_code: str | None
    diocese_code: str | None


class OrganisationColumns(TypedDict, total=False):
    """The columns of Organisation that follow from the register."""

    kind: str
    name: str
    search_name: str
    urn: str
    uid: str
    la_code: str | None
    diocese_code: str | None
    ukprn: str | None
    establishment_number: str | None
    group_id: str | None
    companies_house_number: str | None
    type_code: str | None
    status_code: str
    opened_on: date | None
    closed_on: date | None
    phase_code: str | None
    low_age: int | None
    high_age: int | None
    region_code: str | None
    address: str | None
    town: str | None
    postcode: str | None
    known_from: date
    la_known_from: date | None
    diocese_known_from: date | None


@dataclass(frozen=True)
class Timeline:
    """All that follows about one school or group. `current` is its state by the newest file."""

    current: OrganisationColumns
    periods: tuple[Period, ...]
    belongings: tuple[Belonging, ...] = ()


def school_timeline(streams: Streams, complete_days: Mapping[str, Sequence[date]]) -> Timeline:
    """Return the timeline of a school, from the statements of every family."""
    statements = all_statements(streams, complete_days)
    statuses = list(school_statuses(statements))
    states = _states(statements)
    current, known_from = _current(states, statements)
    _set_status(current, statuses)
    current["known_from"] = statements[0][0]
    current["la_known_from"] = known_from.get("la_code")
    current["diocese_known_from"] = known_from.get("diocese_code")
    return Timeline(current, _periods(states, statuses), belongings(statements))


def group_timeline(streams: Streams, complete_days: Mapping[str, Sequence[date]]) -> Timeline:
    """Return the timeline of a group. Absence from a complete list of groups closes it."""
    statements = all_statements(streams, complete_days)
    statuses = list(group_statuses(statements))
    states = _states(statements)
    current, _ = _current(states, statements)
    _set_status(current, statuses)
    if statuses:
        current["opened_on"] = as_day(states[-1][1].get("opened_on"))
    current["known_from"] = statements[0][0]
    return Timeline(current, _periods(states, statuses))


def newest_name(streams: Streams, complete_days: Mapping[str, Sequence[date]]) -> str | None:
    """Return the name of a local authority or diocese by the newest file that has it."""
    for _, _, facts in reversed(all_statements(streams, complete_days)):
        if facts and facts.get("name"):
            return facts["name"]
    return None


def all_statements(
    streams: Streams, complete_days: Mapping[str, Sequence[date]]
) -> list[FamilyStatement]:
    """Return the statements of all families by day; those of one day by precedence, strongest last.

    With several families, a complete file's repetition of an earlier statement counts again,
    because it may contradict what another family stated meanwhile.
    """
    statements = [
        (day, family, facts) for family, of_family in streams.items() for day, facts in of_family
    ]
    if len(streams) > 1:
        for family, of_family in streams.items():
            days = complete_days.get(family, ())
            statements.extend((day, family, facts) for day, facts in _repetitions(of_family, days))
    statements.sort(key=lambda each: (each[0], _WEIGHTIEST_LAST.index(each[1])))
    return statements


def _repetitions(
    of_family: Statements, days: Sequence[date]
) -> Iterable[tuple[date, StatedFacts | None]]:
    for (day, facts), (next_day, _) in pairwise([*of_family, (END, None)]):
        for complete_day in days:
            if day < complete_day < next_day:
                yield complete_day, facts


def _states(statements: Sequence[FamilyStatement]) -> States:
    """Return the knowledge of each day with a statement; the first one reaches back."""
    state = StatedFacts()
    for _, _, facts in reversed(statements):
        if facts:
            state.update(facts)
    states: list[tuple[date, StatedFacts]] = []
    for day, _, facts in statements:
        state = state.copy()
        if facts:
            state.update(facts)
        if states and states[-1][0] == day:
            states[-1] = (day, state)
        else:
            states.append((day, state))
    return states


def _current(
    states: States, statements: Sequence[FamilyStatement]
) -> tuple[OrganisationColumns, dict[str, date]]:
    newest = states[-1][1]
    known_from: dict[str, date] = {}
    for day, _, facts in statements:
        for key in facts or ():
            known_from.setdefault(key, day)
    current: OrganisationColumns = {
        "name": _name(newest),
        "type_code": newest.get("type_code") or None,
        "la_code": newest.get("la_code") or None,
        "diocese_code": newest.get("diocese_code") or None,
        "ukprn": newest.get("ukprn"),
        "establishment_number": newest.get("establishment_number"),
        "group_id": newest.get("group_id"),
        "companies_house_number": newest.get("companies_house_number"),
        "phase_code": newest.get("phase_code"),
        "low_age": newest.get("low_age"),
        "high_age": newest.get("high_age"),
        "region_code": newest.get("region_code"),
        "address": newest.get("address"),
        "town": newest.get("town"),
        "postcode": newest.get("postcode"),
    }
    return current, known_from


def _set_status(current: OrganisationColumns, statuses: Sequence[Status]) -> None:
    if statuses:
        newest = newest_status(statuses)
        current["status_code"] = newest.code
        current["opened_on"] = newest.opened_on
        current["closed_on"] = newest.closed_on


def _name(state: StatedFacts) -> str:
    return state.get("name") or state.get("damaged_name") or "Without a name"


def _periods(states: States, statuses: Sequence[Status]) -> tuple[Period, ...]:
    days = {BEGINNING, *(day for day, _ in states[1:])}
    for status in statuses:
        days.update(
            day for day in (status.day, status.opened_on, status.closed_on) if day is not None
        )
    periods: list[Period] = []
    of_body = lives(statuses)
    place = 0
    for day, next_day in pairwise([*sorted(days), END]):
        while place + 1 < len(states) and states[place + 1][0] <= day:
            place += 1
        state = states[place][1]
        code = status_on(day, of_body)
        period = Period(
            day,
            next_day,
            code in codes.OPEN_STATUSES,
            _name(state),
            state.get("type_code"),
            code,
            state.get("la_code") or None,
            state.get("diocese_code") or None,
        )
        if periods and _is_same(periods[-1], period):
            last = periods.pop()
            period = Period(last.valid_from, next_day, *_content(period))
        periods.append(period)
    return tuple(periods)


def _content(
    period: Period,
) -> tuple[bool, str, str | None, str, str | None, str | None]:
    return (
        period.open,
        period.name,
        period.type_code,
        period.status_code,
        period.la_code,
        period.diocese_code,
    )


def _is_same(one: Period, other: Period) -> bool:
    return _content(one) == _content(other)
