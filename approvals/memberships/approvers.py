"""An approver who can act now: the rule for loaded rows, and the same condition in SQL.

An invited approver who has not joined, or whose account or membership is suspended, for whatever
cause (`suspension`), cannot act.
"""

from sqlalchemy import and_

from approvals.memberships.models import Membership
from identity.accounts.models import Account
from identity.accounts.person import Person


def can_approve(membership: Membership, account: Person) -> bool:
    """Return whether the holder of the membership, with this account, can act as an approver."""
    return (
        membership.open
        and membership.joined_at is not None
        and membership.suspended_at is None
        and membership.is_approver
        and not account.suspended
    )


CAN_APPROVE = and_(
    Membership.open,
    Membership.joined_at.is_not(None),
    Membership.suspended_at.is_(None),
    Membership.is_approver,
    ~Account.suspended,
)
"""Condition `can_approve` of a statement about `Membership` that joins its `Account`."""
