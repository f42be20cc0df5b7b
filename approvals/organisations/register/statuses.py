"""Open or closed on any day, by what the files say and the dates that they give. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from approvals.organisations.register import codes, layouts
from approvals.organisations.register.codes import CLOSED, NOT_YET_OPEN, OPEN
from approvals.organisations.register.stated_facts import StatedFacts

FamilyStatement = tuple[date, str, StatedFacts | None]
"""Day and family of a file, and the facts that it states; None where it omits the subject."""

BEGINNING = date(1, 1, 1)
"""The start of a period before the first file."""
END = date(9999, 12, 31)
"""The end of a period without one."""

ESTABLISHMENT_FAMILIES = frozenset(
    {
        layouts.ESTABLISHMENTS,
        layouts.STATE_FUNDED,
        layouts.ACADEMIES,
        layouts.CHILDRENS_CENTRES,
    }
)


@dataclass(frozen=True)
class Status:
    """A file's statement. `code` is one of the four of `codes.STATUS_MEANINGS`."""

    day: date
    code: str
    opened_on: date | None
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        return self.code in codes.OPEN_STATUSES


def as_day(text: str | None) -> date | None:
    """Return a day from ISO 8601 text, or None for none."""
    return date.fromisoformat(text) if text else None


def school_statuses(statements: Iterable[FamilyStatement]) -> Iterable[Status]:
    """Yield the statuses that establishment files state."""
    latest: Status | None = None
    for day, family, facts in statements:
        if family not in ESTABLISHMENT_FAMILIES:
            continue
        if latest and latest.day != day:
            yield latest
        if facts is None:
            latest = Status(day, CLOSED, None, None)
        else:
            latest = Status(
                day,
                codes.STATUS_MEANINGS[facts["status_code"]],
                as_day(facts.get("opened_on")),
                as_day(facts.get("closed_on")),
            )
    if latest:
        yield latest


def group_statuses(statements: Iterable[FamilyStatement]) -> Iterable[Status]:
    """Yield the statuses that group files state."""
    latest: Status | None = None
    for day, family, facts in statements:
        if facts is None and family != layouts.GROUPS:
            continue
        if facts is not None and not facts.get("status_code"):
            continue
        if latest and latest.day != day:
            yield latest
        if facts is None:
            latest = Status(day, CLOSED, None, None)
        else:
            code = codes.GROUP_STATUS_MEANINGS[facts["status_code"]]
            # The opening date of an open group is the day when its company was incorporated.
            ahead = as_day(facts.get("opened_on")) if code == NOT_YET_OPEN else None
            latest = Status(day, code, ahead, as_day(facts.get("closed_on")))
    if latest:
        yield latest


@dataclass(frozen=True)
class Life:
    """A school or group from its opening to its closure, as the newest of its files date them.

    `begin` is the day from which this life and no earlier one is meant. Without `opened_on` the
    files that list it as open say when it opened.
    """

    begin: date
    opened_on: date | None
    closed_on: date | None
    statuses: tuple[Status, ...]


def lives(statuses: Sequence[Status]) -> tuple[Life, ...]:
    """Return the lives of a body, in order.

    A body that is listed again after it closed has another life.

    Of several dates of one life that of the newest file counts, as long as its status agrees: a
    date that lies ahead comes true on its day, unless a later file says that it has not.
    """
    found: list[Life] = []
    for group in _group_statuses(statuses):
        opened_on, closed_on = _opened_on(group), _closed_on(group)
        begin = BEGINNING
        if found:
            last_closed = found[-1].statuses[-1].day
            begin = group[0].day
            if opened_on and last_closed < opened_on < begin:
                begin = opened_on
            if closed_on and closed_on < begin:
                begin = closed_on
        found.append(Life(begin, opened_on, closed_on, tuple(group)))
    return tuple(found)


def _group_statuses(statuses: Sequence[Status]) -> list[list[Status]]:
    groups: list[list[Status]] = []
    for status in statuses:
        if groups and not (groups[-1][-1].code == CLOSED and status.code != CLOSED):
            groups[-1].append(status)
        else:
            groups.append([status])
    return groups


def _opened_on(group: Sequence[Status]) -> date | None:
    """Return the opening date by the newest file that gives one.

    It is not later than the first file, from that one on, that lists the body as open. A date that
    had passed when the body was still proposed to open has not come true.
    """
    for place in range(len(group) - 1, -1, -1):
        status = group[place]
        if status.opened_on is None:
            if status.code == NOT_YET_OPEN:
                return None
            continue
        if status.code == NOT_YET_OPEN and status.opened_on <= status.day:
            return None
        listed = next((each.day for each in group[place:] if each.is_open), END)
        return min(status.opened_on, listed)
    return None


def _closed_on(group: Sequence[Status]) -> date | None:
    """Return the closing date by the newest file with one, else the day of the first "closed".

    None where the body is open and no date lies ahead; BEGINNING where it was never anything else.
    """
    newest = group[-1]
    if newest.code != CLOSED:
        ahead = newest.is_open and newest.closed_on is not None and newest.closed_on > newest.day
        return newest.closed_on if ahead else None
    first = next(place for place, status in enumerate(group) if status.code == CLOSED)
    for status in reversed(group[first:]):
        if status.closed_on is not None:
            return min(status.closed_on, status.day)
    if first == 0:
        return BEGINNING
    before = group[first - 1]
    if before.is_open and before.closed_on and before.closed_on > before.day:
        return min(before.closed_on, group[first].day)
    return group[first].day


def newest_status(statuses: Sequence[Status]) -> Status:
    """Return the newest status, and the dates of the newest life as the register gives them."""
    newest = statuses[-1]
    closed_on = newest.closed_on
    if newest.code == CLOSED and closed_on is None:
        closed_on = lives(statuses)[-1].closed_on
        if closed_on == BEGINNING:
            closed_on = None
    opened = (status.opened_on for status in reversed(statuses) if status.opened_on)
    return Status(newest.day, newest.code, next(opened, None), closed_on)


def status_on(day: date, of_body: Sequence[Life]) -> str:
    """Return the status on a day; a body without a stated status counts as open."""
    life = next((each for each in reversed(of_body) if each.begin <= day), None)
    if life is None:
        return OPEN
    if life.closed_on is not None and life.closed_on <= day:
        return CLOSED
    if life.opened_on is not None and day < life.opened_on:
        return NOT_YET_OPEN
    stated = _stated_on(day, life)
    if life.opened_on is not None:
        return stated if stated in codes.OPEN_STATUSES else OPEN
    if stated is not None:
        return stated
    first = life.statuses[0].code
    return OPEN if first == CLOSED else first


def _stated_on(day: date, life: Life) -> str | None:
    """Return the status by the newest file until the day that does not say "closed"."""
    for status in reversed(life.statuses):
        if status.day <= day and status.code != CLOSED:
            return status.code
    return None
