"""Services that a person can open, from whom, until when, and the way in."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database import db
from approvals.access_model import definitions
from approvals.access_model.definition import ServiceDefinition, UserGroup
from approvals.approver_proposals.queries import offers_to
from approvals.decision import decision
from approvals.decision.access_question import AccessAnswer, AccessQuestion, answer_for
from approvals.decision.decision import AccessDecision
from approvals.decision.decision_types import RemitScope
from approvals.decision.no_access import Advice, advice
from approvals.home.schools import SCHOOLS_A_PAGE, next_schools
from approvals.memberships import queries
from approvals.memberships.models import Membership
from approvals.memberships.suspension import closed_organisations
from approvals.operators.actions import is_operator
from approvals.organisations.models import Organisation
from approvals.remits.basis import SchoolBasis
from approvals.remits.in_words import schools_in_words
from approvals.second_step_resets.queries import second_step_reset
from identity.accounts.person import Person
from identity.accounts.queries import account_with_id
from identity.oidc.clients.way_in import way_in
from identity.oidc.models import Client


@dataclass(frozen=True)
class GrantedGroup:
    """A user group that the person holds: who gave it, since when, until when."""

    group: UserGroup
    valid_from: datetime
    valid_to: datetime | None
    given_by: str | None


@dataclass(frozen=True)
class AccessPlace:
    """An organisation through which a person may, or may not, open a service.

    `advice` is for a place that is closed, `approvers` for one that is open. remit: over which
    schools, as tokens say it; none for a closed place.
    """

    organisation: Organisation
    allowed: bool
    grants: Sequence[GrantedGroup]
    groups: Sequence[UserGroup]
    schools: str
    remit: RemitScope | None
    advice: Advice
    approvers: Sequence[str]


@dataclass(frozen=True)
class MyService:
    """A service, with each organisation of the person."""

    code: str
    name: str
    description: str
    address: str | None
    places: Sequence[AccessPlace]

    @property
    def open(self) -> Sequence[AccessPlace]:
        return [place for place in self.places if place.allowed]

    @property
    def closed(self) -> Sequence[AccessPlace]:
        return [place for place in self.places if not place.allowed]


@dataclass(frozen=True)
class SchoolsPage:
    """Some of the schools that a person can see, by URN. next_after: the URN before the next page.

    words: how many there are in all.
    """

    service: MyService
    organisation: Organisation
    words: str
    schools: Sequence[SchoolBasis]
    next_after: str | None


@dataclass(frozen=True)
class HomePage:
    """The start page of a person. services: those to open. others: those that are closed to them.

    approves: keys of the organisations for which the person is an approver. second_step_reset:
    whether one is under way. awaiting_agreement: keys of the organisations whose access waits for
    an approver after one. offers: organisations that the person is asked to approve for.
    """

    services: Sequence[MyService]
    others: Sequence[MyService]
    organisations: Sequence[tuple[Organisation, Membership]]
    approves: Set[int]
    operator: bool
    second_step_reset: bool
    awaiting_agreement: Set[int]
    offers: Sequence[Organisation]


def home_page(account: Person, at: datetime) -> HomePage:
    """Return the services and organisations of a person."""
    services = my_services(account, at)
    return HomePage(
        services=[service for service in services if service.open],
        others=[service for service in services if service.closed and not service.open],
        organisations=queries.organisations_of(account.id),
        approves={each.id for each in queries.approved_by(account.id)},
        operator=is_operator(account.id),
        second_step_reset=second_step_reset(account) is not None,
        awaiting_agreement={each.id for each in closed_organisations(account)},
        offers=offers_to(account.id),
    )


def my_services(account: Person, at: datetime) -> list[MyService]:
    """Return every service in use, for each organisation that the person belongs to."""
    organisations = [each for each, _membership in queries.organisations_of(account.id)]
    approvers = {
        each.id: [
            person.name for person in queries.approvers_of(each.id) if person.id != account.id
        ]
        for each in organisations
    }
    services = [service for service in definitions.services(at) if service.active]
    addresses = ways_in(service.code for service in services)
    return [
        _service(account, service, organisations, approvers, addresses.get(service.code), at)
        for service in services
    ]


def my_service(account: Person, code: str, at: datetime) -> MyService | None:
    """Return one service, or None."""
    return next((each for each in my_services(account, at) if each.code == code), None)


def my_answer(
    account: Person, organisation: Organisation, question: AccessQuestion
) -> AccessAnswer | None:
    """Return why the person can, or cannot, open a service; None for an unknown service."""
    return answer_for(account_with_id(account.id), organisation, question)


def my_schools(
    account: Person, code: str, organisation: Organisation, at: datetime, *, after: str | None
) -> SchoolsPage | None:
    """Return the next schools that the person can see in a service, for an organisation.

    By the decision from which tokens follow. None where the person cannot open the service there.
    """
    service = my_service(account, code, at)
    if service is None:
        return None
    place = next((each for each in service.open if each.organisation.id == organisation.id), None)
    if place is None or place.remit is None:
        return None
    found = next_schools(organisation, place.remit, at, after=after)
    more = len(found) > SCHOOLS_A_PAGE
    shown = found[:SCHOOLS_A_PAGE]
    return SchoolsPage(
        service, organisation, place.schools, shown, shown[-1].school.urn if more else None
    )


def ways_in(services: Iterable[str]) -> dict[str, str]:
    """Return where people open a service, by its code: its client's registered address."""
    addresses: dict[str, str] = {}
    clients = db.session.execute(
        select(Client.service, Client.registration)
        .where(Client.service.in_(set(services)), Client.disabled_at.is_(None))
        .order_by(Client.id)
    )
    for service, registration in clients:
        address = way_in(registration)
        if service is not None and address is not None:
            addresses.setdefault(service, address)
    return addresses


def _service(
    account: Person,
    service: ServiceDefinition,
    organisations: Sequence[Organisation],
    approvers: dict[int, list[str]],
    address: str | None,
    at: datetime,
) -> MyService:
    answers = {
        answer.organisation.public_id: answer
        for answer in decision.decisions_of_person(account.id, service.code, at)
    }
    places = [
        _place(account, organisation, answers[organisation.public_id], approvers, at)
        for organisation in organisations
        if organisation.public_id in answers
    ]
    return MyService(service.code, service.name, service.description, address, places)


def _place(
    account: Person,
    organisation: Organisation,
    answer: AccessDecision,
    approvers: dict[int, list[str]],
    at: datetime,
) -> AccessPlace:
    decision = answer.decision
    names = queries.names_of(grant.given_by for grant in decision.grants)
    given = [
        GrantedGroup(
            group,
            grant.valid_from,
            grant.valid_to,
            names.get(grant.given_by),
        )
        for grant in decision.grants
        for group in decision.user_groups
        if group.code == grant.user_group
    ]
    return AccessPlace(
        organisation=organisation,
        allowed=decision.allowed,
        grants=given,
        groups=decision.user_groups,
        schools=schools_in_words(organisation, decision.remit.scope, at) if decision.remit else "",
        remit=decision.remit,
        advice=advice(account, organisation, answer),
        approvers=approvers[organisation.id],
    )
