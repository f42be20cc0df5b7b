"""Why a person cannot enter a service through an organisation, and whom they can ask about it.

The one source of that advice: for the page after a refused sign-in and for the person's own pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.decision import decision
from approvals.decision.decision import AccessDecision
from approvals.memberships import queries
from approvals.organisations.models import Organisation
from identity.accounts.person import Person
from identity.ports import NoAccess

NO_ORGANISATION = (
    "You do not belong to an organisation. Ask the approver of your school, trust or authority "
    "to add you."
)
NO_APPROVER = "{} has no approver at the moment. Ask the people who run this service."
ADDED_AGAIN = "If you should still have access, ask an approver of {} to add you again."
YOURSELF = "You are the only approver of {}: you can give yourself a user group."

BEYOND_APPROVERS = frozenset(
    {
        "ServiceIsKnown",
        "ServiceIsActive",
        "OrganisationIsKnown",
        "OrganisationIsOpen",
        "OrganisationMayHoldSomething",
    }
)
"""Rules whose refusal no approver of the organisation can change."""


@dataclass(frozen=True)
class Advice:
    """Reasons of the decision, then sentences about the next step, and the approvers to ask."""

    reasons: Sequence[str]
    next_steps: Sequence[str]
    approvers: Sequence[str]


def advice(account: Person, organisation: Organisation, answer: AccessDecision) -> Advice:
    """Return the advice for one organisation to which the person belongs; empty where they may."""
    if answer.decision.allowed:
        return Advice((), (), ())
    reasons = _against(answer)
    if any(reason.code in BEYOND_APPROVERS for reason in answer.decision.reasons):
        return Advice(reasons, (), ())
    there = queries.approvers_of(organisation.id)
    others = [person.name for person in there if person.id != account.id]
    if others:
        return Advice(reasons, (), others)
    sentence = YOURSELF if there else NO_APPROVER
    return Advice(reasons, (sentence.format(organisation.name),), ())


def whom_to_ask(account: Person, service: str, at: datetime) -> NoAccess:
    """Return the advice for every organisation of the person, in one list."""
    answers = {
        answer.organisation.public_id: answer
        for answer in decision.decisions_of_person(account.id, service, at)
    }
    reasons: list[str] = []
    approvers: list[str] = []
    mine = queries.organisations_of(account.id)
    for organisation, _membership in mine:
        answer = answers.get(organisation.public_id)
        if answer is None:
            continue
        found = advice(account, organisation, answer)
        reasons += [*found.reasons, *found.next_steps]
        approvers += [f"{name}, {organisation.name}" for name in found.approvers]
    if not mine:
        # Names of approvers are for those who belong there.
        for answer in answers.values():
            reasons += [*_against(answer), ADDED_AGAIN.format(answer.organisation.name)]
    return NoAccess(
        reasons=list(dict.fromkeys(reasons)) or ([] if answers else [NO_ORGANISATION]),
        approvers=approvers,
    )


def _against(answer: AccessDecision) -> list[str]:
    """Return why not, in sentences; nothing if the person may."""
    decision = answer.decision
    return [] if decision.allowed else [reason.sentence for reason in decision.reasons]
