"""Open or closed on any day, by what the files say and the dates that they give. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from approvals.organisations.register import codes, layouts

Said = Iterable[tuple[date, str, Mapping[str, Any] | None]]

BEGINNING = date(1, 1, 1)
"""Before anything was known."""
END = date(9999, 12, 31)
"""The end of what has none."""

ESTABLISHMENT_FAMILIES = frozenset(
    {
        layouts.ESTABLISHMENTS,
        layouts.STATE_FUNDED,
        layouts.ACADEMIES,
        layouts.CHILDRENS_CENTRES,
    }
)

OPEN, CLOSED, NOT_YET_OPEN = "1", "2", "4"
_STATUS_OF_GROUP = {"OPEN": OPEN, "CLOSED": CLOSED, "PROPOSED_TO_OPEN": NOT_YET_OPEN}


@dataclass(frozen=True)
class Status:
    day: date
    code: str
    opened_on: date | None
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        return self.code in codes.OPEN_STATUSES


def as_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def school_statuses(said: Said) -> Iterable[Status]:
    latest: Status | None = None
    for day, family, facts in said:
        if family not in ESTABLISHMENT_FAMILIES:
            continue
        if latest and latest.day != day:
            yield latest
        if facts is None:
            latest = Status(day, CLOSED, None, None)
        else:
            latest = Status(
                day,
                facts["status_code"],
                as_day(facts.get("opened_on")),
                as_day(facts.get("closed_on")),
            )
    if latest:
        yield latest


def group_statuses(said: Said) -> Iterable[Status]:
    latest: Status | None = None
    for day, family, facts in said:
        if facts is None and family != layouts.GROUPS:
            continue
        if facts is not None and not facts.get("status_code"):
            continue
        if latest and latest.day != day:
            yield latest
        if facts is None:
            latest = Status(day, CLOSED, None, None)
        else:
            code = _STATUS_OF_GROUP[facts["status_code"]]
            latest = Status(day, code, None, as_day(facts.get("closed_on")))
    if latest:
        yield latest


def dates_of(statuses: Sequence[Status]) -> dict[str, Any]:
    newest = statuses[-1]
    closed_on = newest.closed_on
    if newest.code == CLOSED and closed_on is None:
        closed_on = _first_day_of_closure(statuses)
    opened = (status.opened_on for status in reversed(statuses) if status.opened_on)
    return {
        "status_code": newest.code,
        "opened_on": next(opened, None),
        "closed_on": closed_on,
    }


def _first_day_of_closure(statuses: Sequence[Status]) -> date | None:
    """The day of the first of the last statements that say "closed", if one before it says else."""
    for before, status in reversed(list(pairwise(statuses))):
        if before.code != CLOSED:
            return status.day
    return None


def status_on(day: date, statuses: Sequence[Status]) -> str:
    """The status on a day; a body whose status no file states counts as open."""
    if not statuses:
        return OPEN
    for place in range(len(statuses) - 1, -1, -1):
        status = statuses[place]
        if status.day < day:
            return _still(day, status)
        if status.is_open and _reaches_back(day, statuses, place):
            return _open_code(day, statuses)
        if status.code == CLOSED and status.closed_on and status.closed_on <= day:
            return CLOSED
        if status.day == day:
            return status.code
    return _before(day, statuses[0])


def _reaches_back(day: date, statuses: Sequence[Status], place: int) -> bool:
    """Whether a statement "open" holds for the earlier day: since its opening date.

    Not where an earlier statement says otherwise after that date: it has reopened meanwhile.
    """
    status = statuses[place]
    if status.day == day:
        return True
    if status.opened_on is None or status.opened_on > day:
        return False
    return all(earlier.is_open or earlier.day < status.opened_on for earlier in statuses[:place])


def _open_code(day: date, statuses: Sequence[Status]) -> str:
    earlier = [status for status in statuses if status.day <= day]
    return earlier[-1].code if earlier and earlier[-1].is_open else OPEN


def _still(day: date, status: Status) -> str:
    """What the last statement before the day means on it: a closing date ahead comes true."""
    if status.is_open and status.closed_on and status.day < status.closed_on <= day:
        return CLOSED
    return status.code


def _before(day: date, first: Status) -> str:
    """Before everything that was said."""
    if first.opened_on and day < first.opened_on:
        return NOT_YET_OPEN
    if first.code == CLOSED:
        return OPEN if first.closed_on and day < first.closed_on else CLOSED
    return first.code
