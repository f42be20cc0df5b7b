"""Truth in an invented country, day by day; the files are views of it on some day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from approvals.organisations.register import codes


@dataclass(frozen=True)
class Since:
    """A value that holds from a day on, until the next one's day."""

    day: date
    value: str


@dataclass(frozen=True)
class Stay:
    """A school in a trust from the day of joining until before the day of leaving."""

    uid: str
    joined: date
    left: date | None = None


@dataclass
class SyntheticSchool:
    """`authority`, `diocese` and `name` change over time; the first entry holds from the start.

    Groups are named by their UID. Of `stays`, `sponsor`, `foundation_trust` and `federation` only
    a stay in an academy trust puts a school into anybody's remit.
    """

    urn: str
    number: str
    name: list[Since]
    type_code: str
    authority: list[Since]
    diocese: list[Since]
    opened: date | None
    closed: date | None = None
    listed_from: date = date.min
    proposed_to_close: date | None = None
    stays: list[Stay] = field(default_factory=list)
    sponsor: str | None = None
    foundation_trust: str | None = None
    federation: str | None = None
    phase: str = "2"
    ages: tuple[int, int] = (4, 11)
    town: str = ""
    postcode: str = ""
    street: str = ""
    region: str = "J"
    ukprn: str = ""

    def status_on(self, day: date) -> str:
        if self.closed and self.closed <= day:
            return "2"
        if self.opened and day < self.opened:
            return "4"
        if self.proposed_to_close and self.proposed_to_close <= day:
            return "3"
        return "1"

    def is_open_on(self, day: date) -> bool:
        return self.status_on(day) in codes.OPEN_STATUSES

    def trust_on(self, day: date) -> Stay | None:
        return next(
            (s for s in self.stays if s.joined <= day and (s.left is None or day < s.left)), None
        )


@dataclass
class SyntheticGroup:
    """A trust, sponsor or federation."""

    uid: str
    name: str
    type_code: str
    opened: date | None = None
    closed: date | None = None
    group_id: str = ""
    company: str = ""
    ukprn: str = ""
    town: str = ""
    postcode: str = ""

    def status_on(self, day: date) -> str:
        return "CLOSED" if self.closed and self.closed <= day else "OPEN"


@dataclass(frozen=True)
class Lineage:
    """The linked school is to the first one what the type says, since the day."""

    urn: str
    link_urn: str
    link_type: str
    since: date | None


@dataclass
class World:
    """Everything that is true. Authorities and dioceses are names by code."""

    authorities: dict[str, str]
    dioceses: dict[str, str]
    schools: list[SyntheticSchool]
    groups: dict[str, SyntheticGroup]
    lineage: list[Lineage] = field(default_factory=list)

    def listed_on(self, day: date) -> list[SyntheticSchool]:
        """Return schools that a file of the day lists: known by then, closed ones included."""
        return [school for school in self.schools if school.listed_from <= day]


def value_on(history: Sequence[Since], day: date) -> str:
    """Return the value that holds on a day; before the first, the first."""
    held = history[0].value
    for since in history:
        if since.day <= day:
            held = since.value
    return held
