"""The condition of an approver who can act at a moment. Every statement about approvers uses it.

An invited approver who has not joined, or whose account or membership is suspended, for whatever
cause (`suspension`), cannot act. A stand-in can act from the first to the last day of their spell.
"""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, exists, or_

from approvals.memberships.models import Membership, StandIn
from identity.accounts.models import Account


def can_approve(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition for a statement about `Membership` that joins its `Account`."""
    return and_(is_active_member(), is_named_approver(at))


def is_active_member() -> ColumnElement[bool]:
    """Return the condition that a person has joined, and is suspended neither here nor at all."""
    return and_(
        Membership.open,
        Membership.joined_at.is_not(None),
        Membership.suspended_at.is_(None),
        ~Account.suspended,
    )


def is_named_approver(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that a `Membership` has an appointment, or stands in at the moment."""
    stands_in = exists().where(
        StandIn.membership_id == Membership.id, StandIn.valid_from <= at, StandIn.valid_to > at
    )
    return or_(Membership.is_approver, stands_in.correlate(Membership))
