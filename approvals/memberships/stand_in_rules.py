"""Rules for stand-ins, without Flask and database."""

from __future__ import annotations

from datetime import date, timedelta

from app.refusal import Refusal
from approvals.memberships import rules
from approvals.memberships.rules import Authority

MOST_DAYS = 90
"""Days from the first to the last day of a spell, both counted."""

OWN_STAND_IN = Refusal("own_stand_in", "You cannot name yourself as a stand-in.")
APPROVES_ALREADY = Refusal(
    "approves_already", "This person is an approver, and needs not be named as a stand-in."
)
STANDS_IN_ALREADY = Refusal(
    "stands_in_already",
    "This person is named as a stand-in already. End that first, or wait until it is over.",
)
NO_STAND_IN = Refusal("no_stand_in", "This person is not a stand-in any more.")
NO_FIRST_DAY = Refusal("no_first_day", "Enter the first day.")
NO_LAST_DAY = Refusal("no_last_day", "Enter the last day.")
TOO_LONG = Refusal("too_long", f"A stand-in acts for {MOST_DAYS} days at most. Choose other days.")


def may_name(
    authority: Authority,
    *,
    open_: bool,
    joined: bool,
    oneself: bool,
    approver: bool,
    suspended: bool,
    stands_in: bool,
) -> Refusal | None:
    """Allow approvers, stand-ins excluded, to name another member who can act.

    suspended: whether the account is, or the membership. stands_in: whether a spell of the member
    runs or lies ahead: nobody is named for a second one before the first is over.
    """
    checks = (
        (not open_, rules.NOT_OPEN),
        (oneself, OWN_STAND_IN),
        (not joined, rules.NOT_JOINED),
        (suspended, rules.SUSPENDED),
        (approver, APPROVES_ALREADY),
        (stands_in, STANDS_IN_ALREADY),
    )
    refusal = next((refusal for failed, refusal in checks if failed), None)
    return rules.may_act(authority) or refusal


def may_stand_in(first_day: date | None, last_day: date | None, today: date) -> Refusal | None:
    """Allow a spell that begins today or later and lasts `MOST_DAYS` at most."""
    return may_begin_on(first_day, today, last_day) or may_last(first_day, last_day)


def may_begin_on(first_day: date | None, today: date, last_day: date | None) -> Refusal | None:
    """Allow a first day today or later, and not after the last one."""
    if first_day is None:
        return NO_FIRST_DAY
    return rules.may_start_on(first_day, today, last_day=last_day)


def may_last(first_day: date | None, last_day: date | None) -> Refusal | None:
    """Allow `MOST_DAYS` at most, and no spell without an end."""
    if last_day is None:
        return NO_LAST_DAY
    too_long = first_day is not None and last_day - first_day >= timedelta(days=MOST_DAYS)
    return TOO_LONG if too_long else None


def may_end(authority: Authority, *, oneself: bool, stands_in: bool) -> Refusal | None:
    """Allow approvers to end a spell at once, and a stand-in to give up their own."""
    return rules.may_act(authority, oneself=oneself) or (None if stands_in else NO_STAND_IN)
