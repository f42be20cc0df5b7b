"""Rules for the reset of a person's second step, without Flask and database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.refusal import Refusal
from approvals.memberships.rules import Authority

UNDECIDED = timedelta(days=14)
"""Time for which a request waits for a decision."""
MOST_REQUESTS = 3
"""Requests of one person in 24 hours."""

CHECKS = {
    "contact": "I met {name} in person, or called them on a number that we already had before "
    "this request.",
    "recognised": "I recognised {name}, or I checked their staff card or a photo identity "
    "document.",
    "own_words": "{name} told me that they lost their second step and asked for this reset.",
    "no_pressure": "I do not rely on an email, a message or a call that came to me.",
}
"""Statements of a decider about the identity check, by code. All of them have to be confirmed."""

NOT_CHECKED = Refusal("not_checked", "Confirm every check. If you cannot, do not agree.")
OWN_RESET = Refusal("own_reset", "You cannot decide about your own second step.")
NO_AUTHORITY = Refusal("no_authority", "You can no longer decide about this person.")
OF_OPERATOR = Refusal(
    "of_operator", "This person is an operator. Only another operator can reset their second step."
)
OF_OTHER_APPROVER = Refusal(
    "of_other_approver",
    "This person is an approver of an organisation that you do not approve for. "
    "Two operators can reset their second step.",
)
BEGAN_ADDRESS_CHANGE = Refusal(
    "began_address_change",
    "You began a change of this person’s email address. Somebody else has to decide.",
)
ENOUGH_OPERATORS = Refusal(
    "enough_operators", "There are operators who can decide on the person’s page below /ops/people."
)
NOT_ACTIVE = Refusal("not_active", "This person has not joined, or is suspended.")
TOO_LATE = Refusal("too_late", "Somebody else has decided already, or the request has ended.")
AGREED_ALREADY = Refusal(
    "agreed_already", "You have agreed already. Another operator has to agree as well."
)
TOO_MANY_REQUESTS = Refusal(
    "too_many_requests", "You asked 3 times in the last 24 hours. Ask again tomorrow."
)


@dataclass(frozen=True)
class ResetFacts:
    """Facts about a decider and the person with the lost second step.

    decider: none for a command. owner_approves, decider_approves: organisations. operators: those
    who can act. began_address_change: whether the decider, as an approver, began a change of the
    owner's address in the last weeks.
    """

    owner: int
    owner_is_operator: bool
    owner_approves: frozenset[int]
    decider: int | None
    authority: Authority
    decider_approves: frozenset[int]
    operators: frozenset[int]
    began_address_change: bool = False


def deciders_needed(facts: ResetFacts) -> int:
    """Return how many people decide: two operators for an approver, one person for all others.

    A command is the second of two, or decides alone where no operator but the owner exists.
    """
    needed = 2 if facts.owner_approves and facts.authority is not Authority.APPROVER else 1
    if facts.authority is Authority.COMMAND:
        return min(needed, len(facts.operators - {facts.owner}) + 1)
    return needed


def may_decide(facts: ResetFacts) -> Refusal | None:
    """Allow approvers for members of their own organisations, and operators for everybody else.

    A command counts as an operator only where there are fewer of them than have to decide.
    """
    if facts.decider == facts.owner:
        return OWN_RESET
    if facts.began_address_change:
        return BEGAN_ADDRESS_CHANGE
    match facts.authority:
        case Authority.APPROVER:
            if facts.owner_is_operator:
                return OF_OPERATOR
            others = facts.owner_approves - facts.decider_approves
            return OF_OTHER_APPROVER if others else None
        case Authority.OPERATOR:
            return None
        case Authority.COMMAND:
            others = facts.operators - {facts.owner}
            return ENOUGH_OPERATORS if len(others) >= deciders_needed(facts) else None
        case Authority.PARENT | Authority.STAND_IN | Authority.NONE:
            return NO_AUTHORITY


def may_agree_to_access(
    *, authority: Authority, decider: int | None, owner: int, other_approvers: bool
) -> Refusal | None:
    """Allow another approver of the organisation; an operator only where there is none."""
    if decider == owner:
        return OWN_RESET
    if authority is Authority.APPROVER:
        return None
    if authority is Authority.OPERATOR and not other_approvers:
        return None
    return NO_AUTHORITY


def may_ask(requests_in_a_day: int) -> Refusal | None:
    """Limit the requests of one person: each is mailed to several people."""
    return TOO_MANY_REQUESTS if requests_in_a_day >= MOST_REQUESTS else None


def effect_at(decided_at: datetime, delay: timedelta, not_before: datetime | None) -> datetime:
    """Return when a reset takes effect: after the delay, and at `not_before` or later."""
    delayed = decided_at + delay
    return max(delayed, not_before or delayed)


def may_end(facts: ResetFacts) -> Refusal | None:
    """Allow everybody who may object: the person's approvers and all operators."""
    if facts.decider == facts.owner:
        return OWN_RESET
    return NO_AUTHORITY if facts.authority is Authority.NONE else None
