"""Rules for approvers who are appointed from outside, without Flask and database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.refusal import Refusal
from approvals.memberships.rules import NO_AUTHORITY, OWN_APPOINTMENT, Authority

OFFER_LASTS = timedelta(days=14)
"""Time in which a member accepts to be an approver, as long as an invitation is valid."""

WAITING = Refusal(
    "proposal_waiting",
    "Another approver is proposed already. An operator has to agree to that proposal or refuse it.",
)
OFFERED_ALREADY = Refusal(
    "offered_already", "This person was asked already, and has not answered yet."
)
OWN_PROPOSAL = Refusal("own_proposal", "You proposed this approver. Another operator has to agree.")
PROPOSER_GONE = Refusal(
    "proposer_gone",
    "The operator who proposed this approver can no longer act. Refuse the proposal, "
    "and propose the person again.",
)
ENOUGH_OPERATORS = Refusal(
    "enough_operators",
    "There are operators who can appoint the approver, on the organisation’s page below "
    "/ops/organisations.",
)
TOO_LATE = Refusal("too_late", "Somebody has decided already, or the proposal has ended.")
OFFER_VOID = Refusal(
    "offer_void", "The person who asked you can no longer appoint an approver here."
)
NO_REASON = Refusal("no_reason", "The command is one of two deciders: it needs --reason.")


@dataclass(frozen=True)
class ProposalFacts:
    """Facts about somebody who appoints an approver from outside.

    authority: `PARENT`, `OPERATOR`, `COMMAND` or `NONE`. oneself: whether the approver would be
    the actor. operators: those who can act. reason: whether a command gave one.
    """

    authority: Authority
    oneself: bool
    operators: int
    reason: bool = False


def needs_another(facts: ProposalFacts) -> bool:
    """Return whether another person has to agree: for operators always.

    One approver of a parent body proposes, and the person accepts. A command stands for a second
    operator where there is one, and acts alone where there is none.
    """
    if facts.authority is Authority.COMMAND:
        return facts.operators > 0
    return facts.authority is Authority.OPERATOR


def may_propose(facts: ProposalFacts, *, waiting: bool) -> Refusal | None:
    """Judge a proposal. waiting: whether another one of the organisation is undecided."""
    refusal = _may_take_part(facts)
    if refusal is not None:
        return refusal
    return WAITING if waiting and needs_another(facts) else None


def may_agree(
    facts: ProposalFacts, *, own_proposal: bool, proposer_can_act: bool
) -> Refusal | None:
    """Judge the agreement of a second operator, or of a command."""
    if facts.authority is Authority.PARENT:
        return NO_AUTHORITY
    refusal = _may_take_part(facts)
    if refusal is not None:
        return refusal
    if own_proposal:
        return OWN_PROPOSAL
    return None if proposer_can_act else PROPOSER_GONE


def _may_take_part(facts: ProposalFacts) -> Refusal | None:
    if facts.authority is Authority.NONE:
        return NO_AUTHORITY
    if facts.oneself:
        return OWN_APPOINTMENT
    if facts.authority is Authority.COMMAND:
        if facts.operators > 1:
            return ENOUGH_OPERATORS
        return NO_REASON if facts.operators and not facts.reason else None
    return None
