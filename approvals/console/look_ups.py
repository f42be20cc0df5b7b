"""Look-ups of operators among all organisations and people: each leaves an audit row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.actors import Actor
from app.audit import record_look_up
from app.web.pagination import Page
from approvals.access_model import definitions
from approvals.access_model.definition import ServiceDefinition
from approvals.access_requests.decider_queries import operators_requests
from approvals.access_requests.rows import RequestRow
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry, ActivityFilters
from approvals.approver_proposals.queries import WaitingProposal, waiting_proposal
from approvals.console import queries
from approvals.console.queries import SearchResult
from approvals.decision.access_question import AccessAnswer, AccessQuestion, answer_for
from approvals.decision.explain import find
from approvals.memberships import facts, journeys
from approvals.memberships import queries as memberships
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.journeys import PersonAnswers
from approvals.memberships.long_access import LongAccess, long_access
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import Journey, Membership
from approvals.memberships.similar_people import SimilarityWarning, find_similar
from approvals.memberships.suspension import closed_organisations
from approvals.memberships.waiting_lists import WaitingRow, waiting_for_operators
from approvals.operators.actions import appointments
from approvals.operators.models import Operator
from approvals.organisations.models import Organisation
from approvals.organisations.parents import parents_of
from approvals.organisations.queries import is_open
from approvals.second_step_resets.queries import second_step_reset
from identity.accounts.lapsing import lapses_of
from identity.accounts.models import Account
from identity.accounts.person import full_name
from identity.accounts.undelivered import FailedMail, failed_mails
from identity.ports import SecondStepReset
from identity.upstream.identities import LinkedProvider, linked_providers


@dataclass(frozen=True)
class OrganisationPage:
    """An organisation, as operators see it. not_offered: name of each service, and why.

    failed_mails: why invitations of approvers did not arrive, by key of the invitation.
    """

    organisation: Organisation
    open: bool
    counts: dict[str, int]
    approvers: list[Account]
    invited: list[Membership]
    failed_mails: Mapping[int, FailedMail]
    proposal: WaitingProposal | None
    parents: list[Organisation]
    offers: tuple[ServiceOffer, ...]
    not_offered: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PersonPage:
    """A person with every spell in an organisation, the latest first.

    reset: of their second step. closed: organisations whose access it closed. sign_ins: providers
    of organisations that they have linked.
    """

    account: Account
    memberships: list[tuple[Organisation, Membership]]
    reset: SecondStepReset | None
    closed: list[Organisation]
    sign_ins: list[LinkedProvider]


@dataclass(frozen=True)
class AccessPage:
    """Answers about a person's access, by organisation. choices: organisations that are meant."""

    answers: Sequence[AccessAnswer]
    choices: Sequence[Organisation]


@dataclass(frozen=True)
class OperatorRow:
    """An operator, or an invited one (without a subject), on the list of operators.

    lapses_at: when the invitation ends that was not accepted.
    """

    subject: str | None
    name: str
    email: str
    state: str
    since: datetime
    appointed_by: str
    failed_mail: FailedMail | None
    lapses_at: datetime | None

    @property
    def active(self) -> bool:
        return self.state == "active"


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


def read_organisation(organisation: Organisation, reader: Actor, at: datetime) -> OrganisationPage:
    """Return the organisation with its approvers and users at a moment."""
    _record_organisation(organisation)
    services, invited = Catalogue(at), queries.invited_approvers(organisation)
    return OrganisationPage(
        organisation=organisation,
        open=is_open(organisation, at),
        counts=memberships.count_each(
            organisation.id,
            {
                "people": MemberFilters(),
                "invited": MemberFilters(status="invited"),
                "expired": MemberFilters(status="expired"),
            },
            at,
        ),
        approvers=memberships.approvers_of(organisation.id),
        invited=invited,
        failed_mails=failed_mails([each.invitation_id or 0 for each in invited]),
        proposal=waiting_proposal(organisation, reader.identifier),
        parents=parents_of(organisation, at),
        offers=services.offers(organisation),
        not_offered=services.not_offered(organisation),
    )


def find_people(search: str, *, page: int) -> SearchResult[Account] | None:
    """Find people as `queries.find_people` does."""
    found = queries.find_people(search, page=page)
    if found is not None:
        record_look_up("console.looked_for", what=search, found=found.page.total)
    return found


def read_person(account: Account) -> PersonPage:
    """Return the person with their memberships."""
    record_person_read(account)
    return PersonPage(
        account,
        queries.memberships_of(account.id),
        reset=second_step_reset(account),
        closed=closed_organisations(account),
        sign_ins=linked_providers(account.id),
    )


def services_at(at: datetime) -> list[ServiceDefinition]:
    """Return the services of which an operator may ask at a moment."""
    return list(definitions.services(at))


def explain_access(
    account: Account, organisation: str, question: AccessQuestion
) -> AccessPage | None:
    """Return the reasons for the organisation that a text names, or for all of the person.

    None for an unknown service. A text that names several organisations has no answer.
    """
    if definitions.service(question.service, question.at) is None:
        return None
    if organisation:
        found = find(organisation)
    else:
        past_too = [each for each, _membership in queries.memberships_of(account.id)]
        found = list({each.id: each for each in past_too}.values())
    several = bool(organisation) and len(found) > 1
    answers = [answer_for(account, each, question) for each in (() if several else found)]
    record_look_up(
        "console.access_explained",
        subject=account.subject,
        service=question.service,
        of_organisation=organisation,
    )
    return AccessPage(
        [each for each in answers if each is not None], choices=found if several else ()
    )


def list_operators() -> list[OperatorRow]:
    """Return the operators and the invited operators, the earliest appointment first."""
    found = appointments()
    record_look_up("console.operators_listed", found=len(found))
    invited = [each.invitation_id or 0 for each, account in found if account is None]
    failed, ends = failed_mails(invited), lapses_of(invited)
    names = memberships.names_of(each.appointed_by for each, _account in found)
    return [
        _operator_row(
            each,
            account,
            names,
            failed.get(each.invitation_id or 0),
            ends.get(each.invitation_id or 0),
        )
        for each, account in found
    ]


def list_requests(at: datetime) -> Sequence[RequestRow]:
    """Return the requests for access that operators may decide, oldest first."""
    found = operators_requests(at)
    record_look_up("console.requests_listed", found=len(found))
    return found


def list_waiting_access(at: datetime) -> Sequence[WaitingRow]:
    """Return the access that waits for an operator as the second approver, the earliest first."""
    found = waiting_for_operators(at)
    record_look_up("console.waiting_access_listed", found=len(found))
    return found


def list_long_access(at: datetime, *, page: int) -> Page[LongAccess]:
    """Return a page of access to names of all schools that lasts longer than the rule allows."""
    found = long_access(at, page=page)
    record_look_up("console.long_access_listed", found=found.total)
    return found


def _operator_row(
    operator: Operator,
    account: Account | None,
    names: Mapping[str, str],
    failed_mail: FailedMail | None,
    lapses_at: datetime | None,
) -> OperatorRow:
    return OperatorRow(
        subject=account.subject if account is not None else None,
        name=account.name if account is not None else operator.email,
        email=account.email if account is not None else operator.email,
        state="invited" if account is None else "suspended" if account.suspended else "active",
        since=operator.valid_from,
        appointed_by=names.get(operator.appointed_by) or f"the command {operator.appointed_by}",
        failed_mail=failed_mail,
        lapses_at=lapses_at,
    )


def record_person_read(account: Account) -> None:
    """Record that an operator opened a page about the person."""
    record_look_up("console.looked_at", subject=account.subject)


def check_appointment(organisation: Organisation, journey: Journey) -> AppointmentCheck:
    """Return the answers of the journey, beside the people of the organisation."""
    answers, email = journeys.person_of(journey), journeys.email(journey)
    name = full_name(answers["given_name"], answers["family_name"])
    known = facts.open_membership(organisation.id, email)
    _record_organisation(organisation)
    doubt = find_similar(organisation.id, email=email, name=name)
    return AppointmentCheck(answers, name, known, doubt)


def read_proposal(organisation: Organisation, reader: Actor) -> WaitingProposal | None:
    """Return the proposal of an approver that waits for another operator, or None."""
    _record_organisation(organisation)
    return waiting_proposal(organisation, reader.identifier)


def read_invited_approver(organisation: Organisation, public_id: str) -> Membership | None:
    """Return the approver of the organisation who has not accepted the invitation, or None."""
    _record_organisation(organisation)
    invited = queries.invited_approvers(organisation)
    return next((each for each in invited if each.public_id == public_id), None)


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
    record_look_up(
        "console.audit_read",
        what=wanted.search,
        of_organisation=wanted.organisation,
        of_kind=wanted.kind,
        found=found.total,
    )
    return found


def _record_organisation(organisation: Organisation) -> None:
    record_look_up("console.organisation_read", organisation=organisation.public_id)
