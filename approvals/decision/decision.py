"""The one decision, asked of the database; and the lists that the same rules give."""

from dataclasses import dataclass
from datetime import datetime

from app.refusal import Refusal
from approvals.access_model import versions
from approvals.access_model.definition import UserGroup
from approvals.decision import evaluation, queries
from approvals.decision.decision_types import Decision
from approvals.decision.facts import AccessFacts, OrganisationFacts, PersonFacts
from approvals.organisations.models import Organisation
from identity.accounts.person import Person
from identity.email_address import EmailAddress


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """A decision with the person and the organisation that it is about."""

    subject: str
    organisation: OrganisationFacts
    facts: AccessFacts
    decision: Decision


def decide(subject: Person, service: str, organisation: Organisation, at: datetime) -> Decision:
    """Decide whether and how this person may use this service for this organisation.

    Pages, tokens, APIs and reports ask here; `evaluation.evaluate` says which rules there are.
    """
    return decide_by_id(subject.id, service, organisation.public_id, at).decision


def decide_by_id(account_id: int, service: str, organisation: str, at: datetime) -> AccessDecision:
    """Decide by account id and the organisation's public id: one statement, for hot paths."""
    facts = queries.facts_of_one(account_id, service, organisation, at)
    return decide_from(facts, service, organisation, at)


def decide_from(
    facts: AccessFacts | None, service: str, organisation: str, at: datetime
) -> AccessDecision:
    """Decide from the facts that were read about the organisation's public id, if there are any."""
    if facts is None:
        nowhere = OrganisationFacts(organisation, "this organisation", "")
        facts = AccessFacts(service, None, PersonFacts("", None), nowhere)
        reasons = (Refusal("OrganisationIsKnown", "There is no such account or organisation."),)
        return AccessDecision("", nowhere, facts, Decision(False, reasons=reasons))
    return _answer(facts, at)


def decisions_of_person(account_id: int, service: str, at: datetime) -> list[AccessDecision]:
    """Return the decision for each organisation of the person, past ones included, by name."""
    return [_answer(facts, at) for facts in queries.facts_of_person(account_id, service, at)]


def decisions_of_invited(email: EmailAddress, service: str, at: datetime) -> list[AccessDecision]:
    """Decide for a person who was invited and has no account yet."""
    return [_answer(facts, at) for facts in queries.facts_of_invited(email, service, at)]


def people_with_access(
    service: str, organisation: Organisation, at: datetime
) -> list[AccessDecision]:
    """Return everybody who may use the service for this organisation, by name."""
    answers = [
        _answer(facts, at) for facts in queries.facts_of_organisation(organisation.id, service, at)
    ]
    return [each for each in answers if each.decision.allowed]


def offered_user_groups(
    service: str | None, organisation: Organisation, at: datetime
) -> list[UserGroup]:
    """Return user groups of a service, or of all, that the organisation may hold."""
    found = [versions.service_version(service, at)] if service else versions.service_versions(at)
    return [
        group
        for each in found
        if each is not None and each.definition.active
        for group in each.definition.offered_to(organisation.kind, each.listed_as(organisation.id))
    ]


def _answer(facts: AccessFacts, at: datetime) -> AccessDecision:
    return AccessDecision(
        facts.person.subject, facts.organisation, facts, evaluation.evaluate(facts, at)
    )
