"""Rules for approvers' changes of memberships, without Flask and database.

Each returns a Refusal, or None where the rule allows the change.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.refusal import Refusal
from identity.accounts.shared_addresses import SHARED_ADDRESS

UNDO_WITHIN = timedelta(hours=24)
LONGEST_END, LATEST_START = timedelta(days=5 * 366), timedelta(days=366)
MOST_CHANGES = 10

Access = Mapping[str, Sequence[str]]
"""User groups by service: what somebody is to hold. A service with an empty list is given up."""


@dataclass(frozen=True)
class Approvers:
    """Approvers of an organisation at one moment: the people who can act now.

    An invited approver who has not joined, or a suspended one, is not among them. stand_ins: those
    of `accounts` who can act as stand-ins only.
    """

    accounts: frozenset[int]
    stand_ins: frozenset[int] = frozenset()

    def sole(self, account_id: int | None) -> bool:
        """Return whether nobody else can act at the moment."""
        return account_id is not None and self.accounts == {account_id}

    def last(self, account_id: int | None) -> bool:
        """Return whether the organisation would be without an approver after this person.

        That is at once, or when the time of its stand-ins is over: an end date takes no
        organisation its last approver.
        """
        return account_id is not None and self.end_with({account_id})

    def end_with(self, accounts: Collection[int]) -> bool:
        """Return whether `last` holds for these people, who go at the same moment."""
        if not self.accounts & frozenset(accounts):
            return False
        lasting = self.accounts - self.stand_ins
        return self.accounts <= frozenset(accounts) or (
            bool(lasting) and lasting <= frozenset(accounts)
        )


class Authority(enum.Enum):
    """On what ground somebody acts in an organisation."""

    APPROVER = "approver"
    PARENT = "parent"
    """Approver of a parent body of the organisation."""
    OPERATOR = "operator"
    COMMAND = "command"
    STAND_IN = "stand_in"
    """Stand-in, in a matter of approvers. In all others a stand-in acts as `APPROVER`."""
    NONE = "none"


LAST_APPROVER = Refusal(
    "last_approver",
    "This is the only approver here. Make another person an approver first.",
)
NO_AUTHORITY = Refusal("no_authority", "You are no longer an approver of the organisation.")
STAND_IN_ONLY = Refusal(
    "stand_in_only",
    "You are a stand-in: you cannot make, change or remove approvers and stand-ins. "
    "Ask an approver.",
)
NOT_OPEN = Refusal("not_open", "This person no longer belongs to the organisation.")
ALREADY_MEMBER = Refusal("already_member", "This person already belongs to the organisation.")
ALREADY_INVITED = Refusal("already_invited", "This person has already been invited.")
NOT_OFFERED = Refusal("not_offered", "The organisation cannot give this user group.")
ANSWERS_CHANGED = Refusal(
    "answers_changed",
    "The answers were changed in another tab. Check what is shown now, then confirm it.",
)
TOO_MANY = Refusal("too_many", "A person can hold only one user group of this service.")
OWN_GROUP = Refusal(
    "own_user_group",
    "You cannot give yourself a user group while there is another approver. Ask them to do it.",
)
ALREADY_APPROVER = Refusal("already_approver", "This person is already an approver.")
NOT_AN_APPROVER = Refusal("not_an_approver", "This person is not an approver.")
SUSPENDED = Refusal("suspended", "This person is suspended and cannot be an approver.")
INVITATION_CLOSED = Refusal("invitation_closed", "The invitation is no longer open.")
ORGANISATION_ENDED = Refusal("organisation_ended", "The organisation is closed.")
NOT_JOINED = Refusal("not_joined", "This person has not joined yet.")
OWN_SUSPENSION = Refusal("own_suspension", "You cannot suspend your own access.")
ALREADY_SUSPENDED = Refusal("already_suspended", "An approver has suspended this access already.")
NOT_SUSPENDED = Refusal("not_suspended", "This access is not suspended any more.")
OWN_RESTORATION = Refusal(
    "own_restoration", "You cannot restore your own access. Another approver must do it."
)
NOT_TO_UNDO = Refusal("not_to_undo", "This removal can no longer be undone. Add the person again.")
OWN_REMOVAL = Refusal("own_removal", "You cannot undo your own removal.")
ADDED_SINCE = Refusal("added_since", "This person was added or invited again after the removal.")
OWN_ADDRESS = Refusal("own_address", "Change your own email address on Your account.")
SAME_AS_NOW = Refusal("same_as_now", "This is what the person has now.")
TOO_MANY_CHANGES = Refusal(
    "too_many_changes",
    "This person’s access was changed 10 times in the last 24 hours. Change it again tomorrow.",
)
END_IN_THE_PAST = Refusal("end_in_the_past", "The end date must be in the future.")
START_IN_THE_PAST = Refusal("start_in_the_past", "The start date must be today or in the future.")
START_TOO_FAR = Refusal("start_too_far", "The start date must be within a year.")
END_BEFORE_START = Refusal(
    "end_before_start", "The end date must be the same as or after the start date."
)
END_TOO_FAR = Refusal("end_too_far", "The end date must be within 5 years.")
OWN_APPOINTMENT = Refusal(
    "own_appointment", "You cannot appoint yourself. Somebody else must do it."
)
NEEDS_TWO_OPERATORS = Refusal(
    "needs_two_operators", "Two operators appoint an approver: propose the person to another one."
)


def may_act(authority: Authority, *, oneself: bool = False) -> Refusal | None:
    """Allow approvers in their own organisation, commands anywhere, and anybody to leave.

    `oneself` says that the person leaves.
    """
    if authority is Authority.STAND_IN and not oneself:
        return STAND_IN_ONLY
    allowed = oneself or authority in {Authority.APPROVER, Authority.COMMAND}
    return None if allowed else NO_AUTHORITY


def may_resend(authority: Authority) -> Refusal | None:
    """Allow operators what approvers may: the link goes to the same address again."""
    return None if authority is Authority.OPERATOR else may_act(authority)


def may_appoint_first(
    authority: Authority, *, oneself: bool, second_decider: bool = False
) -> Refusal | None:
    """Allow approvers of a parent body, and two operators, to appoint others than themselves.

    second_decider: whether another operator, or a command, decides with the actor.
    """
    if authority not in {Authority.PARENT, Authority.OPERATOR}:
        return may_act(authority)
    if oneself:
        return OWN_APPOINTMENT
    return None if authority is Authority.PARENT or second_decider else NEEDS_TWO_OPERATORS


def may_add(
    *, organisation_open: bool, member: bool, invited: bool, shared: bool
) -> Refusal | None:
    """Allow one open membership for each person and organisation.

    shared: whether several people share the address.
    """
    if not organisation_open:
        return ORGANISATION_ENDED
    if shared:
        return SHARED_ADDRESS
    if invited:
        return ALREADY_INVITED
    return ALREADY_MEMBER if member else None


def may_give(
    wanted: Access,
    *,
    offered: Mapping[str, Collection[str]],
    several: Collection[str],
) -> Refusal | None:
    """Allow only what the access model offers to this organisation.

    `several` holds the services whose file lets a person hold several user groups.
    """
    for service, groups in wanted.items():
        if not set(groups) <= set(offered.get(service, ())):
            return NOT_OFFERED
        if len(set(groups)) > 1 and service not in several:
            return TOO_MANY
    return None


def may_give_to(
    *, giver: int | None, receiver: int | None, gains: bool, approvers: Approvers
) -> Refusal | None:
    """Allow approvers their own user group only if no other can act (docs/decisions/0023).

    Giving one up (`gains` false) is always open.
    """
    if giver is None or giver != receiver or not gains:
        return None
    return None if approvers.sole(giver) else OWN_GROUP


def may_change_again(changes: int) -> Refusal | None:
    """Limit the changes in 24 hours: each one is mailed to the person.

    `changes` counts those that gave something. Taking away is never refused, and without giving
    there is no more to take away.
    """
    return TOO_MANY_CHANGES if changes >= MOST_CHANGES else None


def may_end_on(last_day: date | None, today: date) -> Refusal | None:
    """Allow an end that lies ahead, and not too far."""
    if last_day is None:
        return None
    if last_day < today:
        return END_IN_THE_PAST
    return END_TOO_FAR if last_day - today > LONGEST_END else None


def may_start_on(
    first_day: date | None, today: date, *, last_day: date | None = None
) -> Refusal | None:
    """Allow a start today or later, not too far, and not after the end."""
    if first_day is None:
        return None
    if first_day < today:
        return START_IN_THE_PAST
    if first_day - today > LATEST_START:
        return START_TOO_FAR
    return END_BEFORE_START if last_day is not None and last_day < first_day else None


def may_appoint(*, open_: bool, approver: bool, suspended: bool) -> Refusal | None:
    """Refuse to appoint somebody who has left, is suspended or approves already."""
    if not open_:
        return NOT_OPEN
    if suspended:
        return SUSPENDED
    return ALREADY_APPROVER if approver else None


def may_lose_approver(approvers: Approvers, account_id: int | None) -> Refusal | None:
    """Refuse to take the last approver who can act: every loss is judged by this rule."""
    return LAST_APPROVER if approvers.last(account_id) else None


def may_demote(
    *, open_: bool, approver: bool, account_id: int | None, approvers: Approvers
) -> Refusal | None:
    """Refuse to end the appointment of the last approver who can act."""
    if not open_:
        return NOT_OPEN
    if not approver:
        return NOT_AN_APPROVER
    return may_lose_approver(approvers, account_id)


def may_remove(*, open_: bool, account_id: int | None, approvers: Approvers) -> Refusal | None:
    """Refuse to remove the last approver, or somebody who has left."""
    if not open_:
        return NOT_OPEN
    return may_lose_approver(approvers, account_id)


def may_undo_removal(
    *, undo_until: datetime | None, at: datetime, oneself: bool, added_since: bool
) -> Refusal | None:
    """Allow approvers to undo a removal for a time, once, and not for themselves."""
    if oneself:
        return OWN_REMOVAL
    if added_since:
        return ADDED_SINCE
    return None if undo_until is not None and at < undo_until else NOT_TO_UNDO


def may_suspend(
    *, open_: bool, joined: bool, oneself: bool, account_id: int | None, approvers: Approvers
) -> Refusal | None:
    """Refuse to suspend the last approver, oneself, or somebody who has not joined or has left."""
    if not open_:
        return NOT_OPEN
    if not joined:
        return NOT_JOINED
    if oneself:
        return OWN_SUSPENSION
    return may_lose_approver(approvers, account_id)


def may_restore(*, open_: bool, oneself: bool) -> Refusal | None:
    """Refuse to restore one's own access, or that of somebody who has left."""
    if not open_:
        return NOT_OPEN
    return OWN_RESTORATION if oneself else None


def may_begin_address_change(
    *, open_: bool, joined: bool, oneself: bool, taken_here: bool
) -> Refusal | None:
    """Judge the beginning of a change of another person's address.

    taken_here: whether another person of the organisation has the new address.
    """
    if not open_:
        return NOT_OPEN
    if not joined:
        return NOT_JOINED
    if oneself:
        return OWN_ADDRESS
    return ALREADY_MEMBER if taken_here else None
