"""Rules for requests for access, without Flask and database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.refusal import Refusal
from approvals.access_model.definition import UserGroup
from approvals.memberships.deciders import LEVELS, Deciders
from approvals.memberships.rules import NOT_OFFERED, Authority

REMINDERS = (timedelta(days=2), timedelta(days=4))
"""Ages at which the deciders of a request are reminded."""
ESCALATE_EVERY = timedelta(days=5)
"""Time after which the people of the next level may decide as well."""
MOST_FROM_OUTSIDE = 10
"""Pending requests to one organisation from people without a membership."""
MOST_IN_A_DAY = 10
"""Requests that one person files in 24 hours."""

NOT_REQUESTABLE = Refusal(
    "not_requestable", "Access through this organisation cannot be requested here."
)
HELD_ALREADY = Refusal("held_already", "You have this user group already.")
PENDING_ALREADY = Refusal(
    "pending_already",
    "You have a request to this organisation that waits for a decision. "
    "Withdraw it before you send another.",
)
ONE_FOR_NEW_PEOPLE = Refusal(
    "one_for_new_people",
    "You have a request that waits for a decision. Until you belong to an organisation, you can "
    "have one at a time.",
)
ENOUGH_WAIT = Refusal(
    "enough_wait",
    "This organisation has many requests that wait for a decision. Try again in a few days.",
)
TOO_MANY_IN_A_DAY = Refusal(
    "too_many_in_a_day",
    f"You sent {MOST_IN_A_DAY} requests in the last 24 hours. Send the next one tomorrow.",
)
CLOSED_TO_YOU = Refusal(
    "closed_to_you",
    "Your access through this organisation is suspended. Ask an approver there to restore it.",
)
NO_DECIDER = Refusal(
    "no_decider",
    "Nobody but you could decide this request. Add another operator first.",
)
ENDED = Refusal("ended", "This request has been decided or has ended.")
OWN_REQUEST = Refusal("own_request", "You cannot decide your own request.")
NO_AUTHORITY = Refusal("no_authority", "You cannot decide this request now.")
NOT_A_LESSER_GROUP = Refusal(
    "not_a_lesser_group",
    "You can approve the user group that was asked for, or one that allows less.",
)
DECIDED_BY_PEOPLE = Refusal(
    "decided_by_people",
    "There are people who can decide this request, on its page. The command decides only where "
    "there is nobody.",
)
ASKER_SUSPENDED = Refusal(
    "asker_suspended", "This person is suspended. You can only reject the request."
)


@dataclass(frozen=True)
class FilingFacts:
    """Facts about a person who asks for a user group through an organisation.

    offered: codes of what the organisation can give of the service. pending_from_outside: requests
    to the organisation from people without a membership. filed_in_a_day: by the person.
    """

    requestable: bool
    offered: Collection[str]
    user_group: str
    held: Collection[str]
    belongs_somewhere: bool
    closed_here: bool
    pending_here: bool
    pending_anywhere: bool
    pending_from_outside: int
    filed_in_a_day: int
    somebody_can_decide: bool


def may_file(facts: FilingFacts) -> Refusal | None:
    """Bound the requests of a person and to an organisation, and refuse what cannot be granted."""
    checks = (
        (not facts.requestable, NOT_REQUESTABLE),
        (facts.user_group not in facts.offered, NOT_OFFERED),
        (facts.closed_here, CLOSED_TO_YOU),
        (facts.user_group in facts.held, HELD_ALREADY),
        (facts.pending_here, PENDING_ALREADY),
        (facts.pending_anywhere and not facts.belongs_somewhere, ONE_FOR_NEW_PEOPLE),
        (
            not facts.belongs_somewhere and facts.pending_from_outside >= MOST_FROM_OUTSIDE,
            ENOUGH_WAIT,
        ),
        (facts.filed_in_a_day >= MOST_IN_A_DAY, TOO_MANY_IN_A_DAY),
        (not facts.somebody_can_decide, NO_DECIDER),
    )
    return next((refusal for failed, refusal in checks if failed), None)


def levels_open(
    deciders: Deciders, *, asker: int, asked_at: datetime, at: datetime
) -> tuple[Authority, ...]:
    """Return the levels whose people may decide a request at a moment, the nearest first.

    The nearest level at which somebody other than the asker can act decides at once. Each
    `ESCALATE_EVERY` adds the next such level. Only a level without anybody is left out, so that
    somebody may decide at any moment as long as anybody can act.
    """
    levels = [level for level in LEVELS if deciders.at_level(level, without=[asker])]
    return tuple(levels[: 1 + steps(asked_at, at)])


def may_decide(
    deciders: Deciders, *, decider: int, asker: int, asked_at: datetime, at: datetime
) -> Authority | Refusal:
    """Return the nearest open level to which the decider belongs, or why they cannot decide."""
    if decider == asker:
        return OWN_REQUEST
    for level in levels_open(deciders, asker=asker, asked_at=asked_at, at=at):
        if decider in deciders.at_level(level):
            return level
    return NO_AUTHORITY


def may_decide_by_command(
    deciders: Deciders, *, asker: int, asked_at: datetime, at: datetime
) -> Authority | Refusal:
    """Return the ground of the command on the server: nobody but the asker can decide."""
    open_levels = levels_open(deciders, asker=asker, asked_at=asked_at, at=at)
    return DECIDED_BY_PEOPLE if open_levels else Authority.COMMAND


def steps(asked_at: datetime, at: datetime) -> int:
    """Return how many levels were added by time."""
    return max(0, (at - asked_at) // ESCALATE_EVERY)


def reminders_due(asked_at: datetime, at: datetime) -> int:
    """Return the number of the latest mail that is due: first notice 0, then the reminders.

    Each further level is announced by one more.
    """
    age = at - asked_at
    return sum(age >= each for each in REMINDERS) + steps(asked_at, at)


def lesser_groups(asked: UserGroup, offered: Sequence[UserGroup]) -> list[UserGroup]:
    """Return the other user groups that allow nothing that `asked` does not allow."""
    return [
        group
        for group in offered
        if group.code != asked.code
        and group.schools == asked.schools
        and group.environment == asked.environment
        and set(group.capabilities) <= set(asked.capabilities)
    ]


def may_approve(
    *, asked: UserGroup | None, chosen: str, offered: Sequence[UserGroup], asker_active: bool
) -> Refusal | None:
    """Allow the user group that was asked for, or a lesser one, if the organisation has it now."""
    if not asker_active:
        return ASKER_SUSPENDED
    if asked is None:
        return NOT_OFFERED
    allowed = {group.code for group in (asked, *lesser_groups(asked, offered))}
    if chosen not in allowed:
        return NOT_A_LESSER_GROUP
    return None if chosen in {group.code for group in offered} else NOT_OFFERED
