"""Rules about joining two accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.refusal import Refusal

NOT_BEGUN = Refusal(
    "not_begun", "Begin again with the account that you want to keep, in this browser."
)
TOO_LATE = Refusal("too_late", "This request has been decided, or it has ended.")
WAITING = Refusal("waiting", "A request to join this account waits for a decision already.")
BELONGS_ELSEWHERE = Refusal(
    "belongs_elsewhere",
    "One of the accounts has just been added to another organisation. Look at both again.",
)
NOT_ACTIVE = Refusal("not_active", "One of the accounts is suspended or closed.")
OPERATORS = Refusal(
    "operator",
    "An account of an operator cannot be joined. Its appointment as operator has to end first.",
)
NEEDS_OPERATORS = Refusal(
    "two_operators", "There are two operators who can act. They decide on the pages for operators."
)


@dataclass(frozen=True)
class JoiningFacts:
    """Facts about the two accounts.

    active: whether both can sign in. operators: whether one of them is an operator. left_alone:
    organisations of both accounts in which the account that ends is the last approver.
    """

    active: bool
    operators: bool
    left_alone: Collection[str]


def may_join(facts: JoiningFacts) -> Refusal | None:
    """Refuse what would carry over an operator's power or leave an organisation alone."""
    if not facts.active:
        return NOT_ACTIVE
    if facts.operators:
        return OPERATORS
    if facts.left_alone:
        names = ", ".join(sorted(facts.left_alone))
        return Refusal(
            "last_approver",
            f"The account that ends is the only approver of {names}, where the person has both "
            "accounts. Make the account that stays an approver there first.",
        )
    return None


def deciders(*, kept_belongs: bool, other_belongs: bool) -> int:
    """Return how many operators decide: two where the result may do more than each account."""
    return 2 if kept_belongs and other_belongs else 1
