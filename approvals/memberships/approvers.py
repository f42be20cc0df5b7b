"""An approver who can act now: the rule for loaded rows, and the same condition in SQL.

An invited approver who has not joined, whose account or membership is suspended, or whose
membership a reset of the second step has closed (`holds`), cannot act.
"""

from sqlalchemy import and_

from approvals.memberships.holds import is_closed_by_reset
from approvals.memberships.models import Membership
from identity.accounts.models import Account
from identity.accounts.person import Person


def can_approve(membership: Membership, account: Person, *, closed_by_reset: bool) -> bool:
    """Return whether the holder of the membership, with this account, can act as an approver.

    closed_by_reset: whether `holds.is_closed_by_reset` is true of the membership.
    """
    return (
        membership.open
        and membership.joined_at is not None
        and membership.suspended_at is None
        and membership.is_approver
        and not account.suspended
        and not closed_by_reset
    )


CAN_APPROVE = and_(
    Membership.open,
    Membership.joined_at.is_not(None),
    Membership.suspended_at.is_(None),
    Membership.is_approver,
    ~Account.suspended,
    ~is_closed_by_reset(),
)
"""Condition `can_approve` of a statement about `Membership` that joins its `Account`."""
