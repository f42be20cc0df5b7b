"""The condition of an approver who can act at a moment. Every statement about approvers uses it.

An invited approver who has not joined, or whose account or membership is suspended, for whatever
cause (`suspension`), cannot act. A stand-in can act from the first to the last day of their spell.
"""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, and_, exists, func, or_, select

from app.database import db
from approvals.memberships.models import Appointment, Membership, StandIn
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


def named_since(at: datetime) -> tuple[ScalarSelect[datetime], ...]:
    """Return the begin of a `Membership`'s appointment and of its spell as a stand-in at a moment.

    Each is none where there is none. `begin_of_power` reads them.
    """
    appointed = select(func.min(Appointment.valid_from)).where(
        Appointment.membership_id == Membership.id, Appointment.open
    )
    stands_in = select(func.min(StandIn.valid_from)).where(
        StandIn.membership_id == Membership.id, StandIn.valid_from <= at, StandIn.valid_to > at
    )
    return tuple(each.correlate(Membership).scalar_subquery() for each in (appointed, stands_in))


def begin_of_power(joined_at: datetime | None, *named: datetime | None) -> datetime | None:
    """Return since when a member can approve: named, and joined. named: as `named_since` says."""
    begins = [each for each in named if each is not None]
    return max(min(begins), joined_at) if begins and joined_at is not None else None


def power_since(account_id: int, at: datetime) -> datetime | None:
    """Return the latest begin of a power to approve that the account has anywhere, or None."""
    rows = db.session.execute(
        select(Membership.joined_at, *named_since(at))
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.account_id == account_id, can_approve(at))
    )
    begins = [begin_of_power(*row) for row in rows]
    return max((each for each in begins if each is not None), default=None)


def is_named_approver(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that a `Membership` has an appointment, or stands in at the moment."""
    stands_in = exists().where(
        StandIn.membership_id == Membership.id, StandIn.valid_from <= at, StandIn.valid_to > at
    )
    return or_(Membership.is_approver, stands_in.correlate(Membership))
