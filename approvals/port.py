"""Answers to the questions of identity about rights (identity.ports), by the rooms that know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flask import url_for
from sqlalchemy import select

from app.actors import Actor
from app.clock import now
from app.database import db
from app.database.dated_rows import has_ended
from approvals.access_cache import get_or_load
from approvals.access_model import definitions
from approvals.access_model.definition import highest_minimum
from approvals.clients import notices
from approvals.console import suspending
from approvals.decision import claims as access_claims
from approvals.decision import decision, no_access
from approvals.decision.facts import AccessFacts
from approvals.federation import notices as federation_notices
from approvals.home.queries import ways_in
from approvals.memberships import (
    account_suspension,
    invitation_port,
    personal_details,
    suspension,
    without_approver,
)
from approvals.memberships import queries as members
from approvals.operators.actions import is_operator
from approvals.organisations import coverage
from approvals.organisations.models import Organisation
from approvals.second_step_resets import actions as resets
from approvals.second_step_resets import queries as reset_queries
from approvals.terms import actions as terms_actions
from approvals.terms import due as terms
from approvals.terms import queries as terms_queries
from identity.accounts.person import Person, PersonalDetails
from identity.accounts.queries import account_with_id
from identity.accounts.sent_invitation import SentInvitation
from identity.ports import (
    ClaimDescription,
    Entrance,
    InvitationDescription,
    NoAccess,
    SecondStepReset,
    ServiceClaims,
    TermsDue,
)


class ApprovalsPort:
    """The answers (identity.ports.Approvals says what each question means)."""

    def describe_invitation(self, invitation: SentInvitation) -> InvitationDescription:
        return invitation_port.describe_invitation(invitation)

    def invitation_accepting(self, invitation: SentInvitation) -> None:
        invitation_port.lock_given(invitation)

    def invitation_accepted(self, invitation: SentInvitation, account: Person) -> None:
        invitation_port.record_acceptance(invitation, account)

    def invitation_declined(self, invitation: SentInvitation) -> None:
        invitation_port.record_decline(invitation)

    def invitation_lapsed(self, invitation: SentInvitation) -> None:
        invitation_port.record_lapse(invitation)

    def invitation_renewal_asked(self, invitation: SentInvitation) -> None:
        invitation_port.record_renewal_request(invitation)

    def account_suspended(self, account: Person, actor: Actor, *, suspended: bool) -> None:
        account_suspension.announce(account, actor, suspended=suspended)

    def details_changing(self, account: Person) -> None:
        personal_details.lock_organisations(account)

    def details_changed(self, account: Person, former: PersonalDetails, actor: Actor) -> None:
        personal_details.repeat(account, former, actor)

    def forbidden_password_words(self, holder: Person | SentInvitation) -> Sequence[str]:
        return invitation_port.context_words(holder)

    def terms_due(
        self, account: Person, service: str | None, at: datetime, *, newly: bool
    ) -> Sequence[TermsDue]:
        return terms.due_terms(account, service, at, newly=newly)

    def are_terms_due(self, account: Person, service: str | None, at: datetime) -> bool:
        return bool(terms_queries.terms_status(account, service, at).waiting)

    def accept_terms(self, account: Person, terms: Sequence[str], sid: str, at: datetime) -> None:
        terms_actions.accept(account, terms, sid, at)

    def may_remember_device(self, account_id: int) -> bool:
        return not is_operator(account_id) and not members.is_approver(account_id)

    def entrances(self, account: Person, service: str, at: datetime) -> Sequence[Entrance]:
        return get_or_load(
            account, ("entrances", service), at, lambda: _entrances(account, service, at)
        )

    def claims(
        self, account: Person, service: str, organisation: str, at: datetime
    ) -> ServiceClaims | None:
        return access_claims.claims(account, service, organisation, at)

    def claim_descriptions(self) -> Sequence[ClaimDescription]:
        return access_claims.descriptions()

    def service_exists(self, code: str) -> bool:
        return definitions.service(code, now()) is not None

    def service_names(self) -> Mapping[str, str]:
        return {service.code: service.name for service in definitions.services(now())}

    def ways_in(self, services: Sequence[str]) -> Mapping[str, str]:
        return ways_in(services)

    def service_name(self, code: str) -> str:
        service = definitions.service(code, now())
        return service.name if service else code

    def refresh_token_reused(self, account: Person, client_id: str, client_name: str) -> None:
        notices.refresh_token_reused(account, client_id, client_name)

    def suspending(self, account: Person, accepted: Collection[str], actor: Actor) -> None:
        suspending.suspending(account, accepted, actor)

    def second_step_reset(self, account: Person) -> SecondStepReset | None:
        return reset_queries.second_step_reset(account)

    def ask_second_step_reset(self, account: Person) -> None:
        resets.ask(account_with_id(account.id))

    def stop_second_step_reset(self, account: Person) -> bool:
        return resets.stop(account_with_id(account.id))

    def decide_second_step_reset(self, account: Person, actor: Actor, reason: str) -> bool:
        return resets.decide_by_command(account_with_id(account.id), actor, reason)

    def second_step_replaced(self, account: Person, decision: str) -> None:
        resets.second_step_replaced(account_with_id(account.id), decision)

    def unknown_organisations(self, organisations: Collection[str]) -> Sequence[str]:
        return coverage.unknown_organisations(organisations)

    def organisation_names(self, organisations: Collection[str]) -> Mapping[str, str]:
        return coverage.organisation_names(organisations)

    def organisations_within(
        self, bodies: Collection[str], organisations: Collection[str], at: datetime
    ) -> Collection[str]:
        return coverage.organisations_within(bodies, organisations, at)

    def belongs_within(self, account: Person, bodies: Collection[str], at: datetime) -> bool:
        named = {each.public_id for each, _ in members.organisations_of(account.id)}
        return bool(coverage.organisations_within(bodies, named, at))

    def domain_record_gone(
        self, connection: str, name: str, domain: str, ends_at: datetime | None
    ) -> None:
        federation_notices.domain_record_gone(connection, name, domain, ends_at)

    def switching_off(
        self,
        name: str,
        bodies: Collection[str],
        accounts: Collection[int],
        accepted: Collection[str],
        at: datetime,
    ) -> None:
        without_approver.judge_switching_off(name, bodies, accounts, accepted, at)

    def connection_switched_off(
        self, name: str, bodies: Collection[str], accounts: Collection[int], at: datetime
    ) -> None:
        suspension.suspend_for_connection(name, bodies, accounts, at)

    def home(self) -> str:
        return url_for("home.start")

    def request_form(self) -> str:
        return url_for("access_requests.new")

    def has_belonged(self, account: Person) -> bool:
        in_an_organisation = get_or_load(
            account, "belonged", now(), lambda: (members.has_belonged_somewhere(account.id), ())
        )
        return in_an_organisation or is_operator(account.id)

    def whom_to_ask(self, account: Person, service: str, at: datetime) -> NoAccess:
        found = no_access.whom_to_ask(account, service, at)
        mine = members.organisations_of(account.id)
        only = mine[0][0].public_id if len(mine) == 1 else None
        return replace(
            found, ask=url_for("access_requests.new", service=service, organisation=only)
        )


def _entrances(
    account: Person, service: str, at: datetime
) -> tuple[Sequence[Entrance], Sequence[datetime | None]]:
    """Return the organisations of the person, and each moment at which a decision may change."""
    answers = decision.decisions_of_person(account.id, service, at)
    moments = [moment for each in answers for moment in each.facts.moments()]
    # Organisations that the person has left are of interest only where there are no others.
    answers = [each for each in answers if _belongs(each.facts, at)] or answers
    named = {each.organisation.public_id for each in answers}
    hints = {
        organisation.public_id: organisation.hint
        for organisation in db.session.scalars(
            select(Organisation).where(Organisation.public_id.in_(named))
        )
    }
    found = [
        Entrance(
            organisation=each.organisation.public_id,
            name=each.organisation.name,
            hint=hints[each.organisation.public_id],
            allowed=each.decision.allowed,
            reasons=tuple(reason.sentence for reason in each.decision.reasons),
            minimum_acr=highest_minimum(each.decision.user_groups),
        )
        for each in answers
    ]
    return sorted(found, key=lambda entrance: not entrance.allowed), moments


def _belongs(facts: AccessFacts, at: datetime) -> bool:
    return any(not has_ended(row.valid_to, at) for row in facts.memberships)
