"""Facts of a decision: plain frozen values, as a query or a test writes them."""

from dataclasses import dataclass, replace
from datetime import datetime

from approvals.access_model.definition import ServiceDefinition


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Person, as the decision sees them."""

    subject: str
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """`key` is the identifier that its remit goes by (URN, UID, LA code, diocese code).

    `active` is whether it is open as far as its status says; `opened_at` and `closed_at` are the
    dates that the register gives. `listed_as` holds the keys under which the service lists it.
    `updated_at` and `revision` (the register's) tell whether something kept about it still holds.
    """

    public_id: str
    name: str
    kind: str
    key: str | None = None
    active: bool = True
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    listed_as: frozenset[str] = frozenset()
    updated_at: datetime | None = None
    revision: str = ""


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """`id` ties grants to their membership; `organisation` is a public id.

    `suspended_for` holds the causes for which the membership is suspended at the moment of the
    question.
    """

    id: int
    organisation: str
    valid_from: datetime
    joined_at: datetime | None
    valid_to: datetime | None = None
    suspended_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """Grant of a user group, as the decision sees it."""

    membership: int
    service: str
    user_group: str
    valid_from: datetime
    valid_to: datetime | None = None
    public_id: str = ""
    given_by: str = ""


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """One question: this person, this service, this organisation. May hold more than it needs."""

    service_code: str
    service: ServiceDefinition | None
    person: PersonFacts
    organisation: OrganisationFacts
    memberships: tuple[MembershipFacts, ...] = ()
    grants: tuple[GrantFacts, ...] = ()

    def next_change(self, at: datetime) -> datetime | None:
        """Return the next moment after `at` at which a membership or a grant begins or ends."""
        later = [moment for moment in self._dates() if moment is not None and moment > at]
        return min(later, default=None)

    def _dates(self) -> list[datetime | None]:
        rows: tuple[MembershipFacts | GrantFacts, ...] = (*self.memberships, *self.grants)
        return [moment for row in rows for moment in (row.valid_from, row.valid_to)]

    def moments(self) -> list[datetime | None]:
        """Return the moments at which a decision from these facts may change."""
        joined = [self.person.joined_at, *(row.joined_at for row in self.memberships)]
        return [*self._dates(), *joined, self.organisation.opened_at, self.organisation.closed_at]

    def concerning(self) -> "AccessFacts":
        """Return the facts without those of other organisations and services."""
        memberships = tuple(
            row for row in self.memberships if row.organisation == self.organisation.public_id
        )
        here = {row.id for row in memberships}
        grants = tuple(
            row
            for row in self.grants
            if row.membership in here and row.service == self.service_code
        )
        return replace(self, memberships=memberships, grants=grants)
