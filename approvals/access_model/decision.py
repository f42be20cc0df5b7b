"""The one decision, asked of the database; and the lists that the same rules give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.access_model import gathering, rules, versions
from approvals.access_model.answers import Decision, Reason
from approvals.access_model.definition import ServiceDefinition, UserGroup
from approvals.access_model.facts import Facts, OrganisationFacts, PersonFacts
from approvals.organisations.models import Organisation
from identity.accounts.person import Person


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision with the person and the organisation that it is about."""

    subject: str
    organisation: OrganisationFacts
    facts: Facts
    decision: Decision


def decide(subject: Person, service: str, organisation: Organisation, at: datetime) -> Decision:
    """May this person use this service for this organisation at this moment, and how?

    Pages, tokens, APIs and reports ask here; `rules.decide` says which rules there are.
    """
    return answer(subject.id, service, organisation.public_id, at).decision


def answer(account_id: int, service: str, organisation: str, at: datetime) -> Answer:
    """The same by account id and the organisation's public id: one statement, for hot paths."""
    facts = gathering.one(account_id, service, organisation, at)
    if facts is None:
        nowhere = OrganisationFacts(organisation, "this organisation", "")
        facts = Facts(service, None, PersonFacts("", None), nowhere)
        reasons = (Reason("OrganisationIsKnown", "There is no such account or organisation."),)
        return Answer("", nowhere, facts, Decision(False, reasons=reasons))
    return _answer(facts, at)


def where_may(account_id: int, service: str, at: datetime) -> list[Answer]:
    """Each organisation to which the person belongs or belonged, by name, with the decision."""
    return [_answer(facts, at) for facts in gathering.of_person(account_id, service, at)]


def where_invited(email_key: str, service: str, at: datetime) -> list[Answer]:
    """The same for somebody who was invited and has no account yet."""
    return [_answer(facts, at) for facts in gathering.of_invited(email_key, service, at)]


def who_may(service: str, organisation: Organisation, at: datetime) -> list[Answer]:
    """Everybody who may use the service for this organisation, by name."""
    answers = [
        _answer(facts, at) for facts in gathering.of_organisation(organisation.id, service, at)
    ]
    return [each for each in answers if each.decision.allowed]


def offers(service: str | None, organisation: Organisation, at: datetime) -> list[UserGroup]:
    """User groups of a service, or of all, that the organisation may hold."""
    found = [versions.service(service, at)] if service else versions.services(at)
    return [
        group
        for each in found
        if each is not None and each.definition.active
        for group in each.definition.offered_to(organisation.kind, each.listed_as(organisation.id))
    ]


def services(at: datetime | None = None) -> Sequence[ServiceDefinition]:
    """Every service, as its file in force at the moment (now, unless told) describes it."""
    return [each.definition for each in versions.services(at)]


def service(code: str, at: datetime | None = None) -> ServiceDefinition | None:
    """A service as its file in force at the moment (now, unless told) describes it."""
    found = versions.service(code, at)
    return found.definition if found else None


def group(service_code: str, code: str, at: datetime | None = None) -> UserGroup | None:
    """A user group of a service, whoever may hold it."""
    definition = service(service_code, at)
    return definition.group(code) if definition else None


def _answer(facts: Facts, at: datetime) -> Answer:
    return Answer(facts.person.subject, facts.organisation, facts, rules.decide(facts, at))
