"""Rules for access that needs two people or an end, without Flask and database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from app.refusal import Refusal
from approvals.access_model.definition import SeparateGroups, UserGroup
from approvals.memberships.deciders import Deciders

NEEDS_END = Refusal(
    "needs_end",
    "Access to pupil names of all schools always ends: choose a last day within 12 months.",
)
ENDS_TOO_LATE = Refusal(
    "ends_too_late",
    "Access to pupil names of all schools lasts 12 months at most: choose an earlier last day.",
)
OWN_ACCESS = Refusal(
    "own_access", "You cannot approve access that you gave, or that is for yourself."
)
NOT_A_DECIDER = Refusal("not_a_decider", "Somebody else has to decide about this access.")
TOO_LATE = Refusal("too_late", "Somebody has decided already, or the access was changed meanwhile.")
NEEDS_SECOND = Refusal("needs_second", "A second person has to agree again.")
SENSITIVE_INVITATION = Refusal(
    "sensitive_invitation",
    "A second approver agreed to this person at this address, or is asked to. "
    "Withdraw the invitation, and invite the person anew.",
)


def may_last(groups: Iterable[UserGroup], last_day: date | None, today: date) -> Refusal | None:
    """Refuse access to the names of all schools without an end, or with one beyond 12 months."""
    if not any(group.names_everywhere for group in groups):
        return None
    if last_day is None:
        return NEEDS_END
    return ENDS_TOO_LATE if last_day > a_year_after(today) else None


def a_year_after(day: date) -> date:
    """Return the same day of the next year; for 29 February the day before."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)


def is_in_force(begins: date | None, today: date) -> bool:
    """Return whether a rule is enforced. Before its day it only records."""
    return begins is None or today >= begins


def needs_second(group: UserGroup, today: date) -> bool:
    """Return whether a second approver has to agree before somebody holds the group."""
    return group.second_approver and is_in_force(group.second_approver_from, today)


def separated(
    groups: Collection[str], separations: Iterable[SeparateGroups]
) -> list[SeparateGroups]:
    """Return the separations of duties that somebody with these user groups breaks."""
    return [each for each in separations if len(set(each.groups) & set(groups)) > 1]


def may_agree(
    deciders: Deciders, *, decider: int, asker: int | None, receiver: int | None
) -> Refusal | None:
    """Allow another approver, else one of a parent body, else an operator.

    asker: the account that gave the access, none for a command. receiver: the one that gets it,
    none before joining. Neither decides, nor counts as somebody who could.
    """
    excluded = {asker, receiver} - {None}
    if decider in excluded:
        return OWN_ACCESS
    _, people = deciders.nearest(without=[each for each in excluded if each is not None])
    return None if decider in people else NOT_A_DECIDER
