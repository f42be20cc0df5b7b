"""Look-ups of operators among all organisations and people: each leaves an audit row."""

from dataclasses import dataclass
from datetime import datetime

from app.audit import record
from app.database import writing
from app.web.pagination import Page
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry, ActivityFilters
from approvals.console import queries
from approvals.memberships import facts, journeys
from approvals.memberships import queries as memberships
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.journeys import PersonAnswers
from approvals.memberships.models import Journey, Membership
from approvals.memberships.queries import MemberCounts
from approvals.memberships.similar_people import SimilarityWarning, find_similar
from approvals.organisations.models import Organisation
from approvals.organisations.queries import is_open
from identity.accounts.models import Account
from identity.accounts.person import full_name


@dataclass(frozen=True)
class OrganisationPage:
    """An organisation, as operators see it. not_offered: name of each service, and why."""

    organisation: Organisation
    open: bool
    counts: MemberCounts
    approvers: list[Account]
    offers: tuple[ServiceOffer, ...]
    not_offered: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PersonPage:
    """A person with every spell in an organisation, the latest first."""

    account: Account
    memberships: list[tuple[Organisation, Membership]]


@dataclass(frozen=True)
class AppointmentCheck:
    """Answers of the journey that appoints an approver, to be checked.

    open_membership: that of that address. doubt: people whom the answers may mean.
    """

    answers: PersonAnswers
    name: str
    open_membership: Membership | None
    doubt: SimilarityWarning


@dataclass(frozen=True)
class AuditSearch:
    """A search of the audit. organisation: its public id. kind: beginning of an event's name."""

    search: str
    organisation: str
    kind: str
    filters: ActivityFilters


def read_organisation(organisation: Organisation, at: datetime) -> OrganisationPage:
    """Return the organisation with its approvers and users at a moment."""
    _record_organisation(organisation)
    services = Catalogue(at)
    return OrganisationPage(
        organisation=organisation,
        open=is_open(organisation, at),
        counts=memberships.counts(organisation.id, at),
        approvers=memberships.approvers_of(organisation.id),
        offers=services.offers(organisation),
        not_offered=services.not_offered(organisation),
    )


def find_people(search: str, *, page: int) -> Page[Account] | None:
    """Find people as `queries.find_people` does."""
    found = queries.find_people(search, page=page)
    if found is not None:
        with writing():
            record("console.looked_for", what=search, found=found.total)
    return found


def read_person(account: Account) -> PersonPage:
    """Return the person with their memberships."""
    record_look_up(account)
    return PersonPage(account, queries.memberships_of(account.id))


def record_look_up(account: Account) -> None:
    """Record that an operator opened a page about the person."""
    with writing():
        record("console.looked_at", subject=account.subject)


def check_appointment(organisation: Organisation, journey: Journey) -> AppointmentCheck:
    """Return the answers of the journey, beside the people of the organisation."""
    answers, email = journeys.person_of(journey), journeys.email(journey)
    name = full_name(answers["given_name"], answers["family_name"])
    known = facts.open_membership(organisation.id, email)
    _record_organisation(organisation)
    doubt = find_similar(organisation.id, email=email, name=name)
    return AppointmentCheck(answers, name, known, doubt)


def read_audit(wanted: AuditSearch, at: datetime, *, page: int) -> Page[ActivityEntry]:
    """Return a page of the audit, the latest first."""
    found = activity.activity_everywhere(
        search=wanted.search,
        organisation=wanted.organisation,
        kind=wanted.kind,
        filters=wanted.filters,
        at=at,
        page=page,
    )
    with writing():
        record(
            "console.audit_read",
            what=wanted.search,
            of_organisation=wanted.organisation,
            of_kind=wanted.kind,
            found=found.total,
        )
    return found


def _record_organisation(organisation: Organisation) -> None:
    with writing():
        record("console.organisation_read", organisation=organisation.public_id)
