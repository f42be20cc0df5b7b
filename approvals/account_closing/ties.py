"""The ties that hold an account open: membership, invitation, request, appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, or_

from approvals.memberships.models import Membership
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.invitations import REGISTRATION
from identity.accounts.models import Account, Invitation, InvitationState
from identity.settings import settings

Moment = datetime | SQLColumnExpression[datetime | None]


def is_to_be_announced(at: datetime) -> ColumnElement[bool]:
    """Return the condition that an account is closed soon, and that this was not announced.

    An announcement counts for the time without ties in which it was sent.
    """
    chosen = settings()
    days = chosen.account_closing_days - chosen.account_closing_notice_days
    announced = Account.closing_announced_at
    return and_(
        Account.closed_at.is_(None),
        _without_ties_since(at - timedelta(days=days)),
        or_(announced.is_(None), ~_without_ties_since(announced)),
    )


def is_to_be_closed(at: datetime) -> ColumnElement[bool]:
    """Return the condition that an account has had no ties for long enough, and was announced."""
    chosen = settings()
    announced = Account.closing_announced_at
    return and_(
        Account.closed_at.is_(None),
        _without_ties_since(at - timedelta(days=chosen.account_closing_days)),
        announced <= at - timedelta(days=chosen.account_closing_notice_days),
        _without_ties_since(announced),
    )


def _without_ties_since(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that nothing has tied the person to Secure Access since the moment.

    Each tie is read with its end, so one that began and ended meanwhile counts as well. A removal
    can be undone for a day, which is over long before an account is closed.
    """
    joined, counted = Account.joined_at, Account.closing_counted_from
    return and_(
        Account.created_at <= moment,
        or_(joined.is_(None), joined <= moment),
        or_(counted.is_(None), counted <= moment),
        ~exists()
        .where(
            Membership.account_id == Account.id,
            or_(Membership.valid_to.is_(None), Membership.valid_to > moment),
        )
        .correlate(Account),
        ~exists()
        .where(
            Operator.account_id == Account.id,
            or_(Operator.valid_to.is_(None), Operator.valid_to > moment),
        )
        .correlate(Account),
        ~exists()
        .where(
            Invitation.email_key == Account.email_key,
            Invitation.sender != REGISTRATION,
            Invitation.expires_at > moment,
            or_(
                Invitation.state == InvitationState.OPEN.value,
                Invitation.closed_at > moment,
            ),
        )
        .correlate(Account),
        ~exists()
        .where(
            PendingDecision.account_id == Account.id,
            or_(
                PendingDecision.ended_at > moment,
                and_(
                    PendingDecision.ended_at.is_(None),
                    or_(
                        PendingDecision.decided_at.is_not(None),
                        PendingDecision.undecided_until.is_(None),
                        PendingDecision.undecided_until > moment,
                    ),
                ),
            ),
        )
        .correlate(Account),
    )
