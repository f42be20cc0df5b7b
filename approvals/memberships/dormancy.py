"""Access that is not used for a long time: the person is warned, then the access is suspended.

Use is entering a service for the organisation; of an approver any sign-in counts. A suspension
needs a warning before it, also after an upgrade or a change of the settings.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from app.actors import SYSTEM
from app.audit import AuditEvent
from app.clock import now
from app.database import db, writing
from approvals.memberships import facts, mails, suspension
from approvals.memberships.models import (
    Appointment,
    Membership,
    MembershipSuspension,
    SuspensionKind,
)
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.settings import settings

EVERY = 3600.0
"""Seconds between two calls of `warn_and_suspend`."""
_AT_ONCE = 200


def warn_and_suspend() -> None:
    """Warn people of access that they do not use, and suspend that of people warned before."""
    at = now()
    for membership_id in db.session.scalars(_to_suspend(at).limit(_AT_ONCE)).all():
        _suspend(membership_id, at)
    for membership_id in db.session.scalars(_to_warn(at).limit(_AT_ONCE)).all():
        _warn(membership_id, at)


def last_use_here(membership: Membership, organisation: Organisation) -> datetime | None:
    """Return when the person last entered a service for the organisation, or None."""
    found: datetime | None = db.session.scalar(
        select(func.max(AuditEvent.at))
        .join(Account, Account.subject == AuditEvent.subject)
        .where(
            Account.id == membership.account_id,
            AuditEvent.event == "service.entered",
            AuditEvent.organisation == organisation.public_id,
        )
    )
    return found


def _to_warn(at: datetime) -> Select[int]:
    """Select memberships without use whose person was not warned, or used them since."""
    warned = Membership.dormancy_warned_at
    return _unused_since(at - timedelta(days=settings().dormancy_warning_days)).where(
        or_(warned.is_(None), _used_after(warned))
    )


def _to_suspend(at: datetime) -> Select[int]:
    """Select memberships without use, whose person was warned early enough and in vain."""
    warned = Membership.dormancy_warned_at
    return _unused_since(at - timedelta(days=settings().dormancy_days)).where(
        warned.is_not(None), warned <= at - _notice(), ~_used_after(warned)
    )


def _notice() -> timedelta:
    """Return the time between the warning and the suspension."""
    return timedelta(days=settings().dormancy_days - settings().dormancy_warning_days)


def _unused_since(since: datetime) -> Select[int]:
    """Select memberships of people who have signed in once, and did not use them since."""
    restored = (
        select(MembershipSuspension.id)
        .where(
            MembershipSuspension.membership_id == Membership.id,
            MembershipSuspension.valid_to > since,
        )
        .exists()
    )
    return (
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.open,
            Membership.joined_at <= since,
            Membership.suspended_at.is_(None),
            Account.last_signed_in_at.is_not(None),
            ~Account.suspended,
            ~_used_after(since),
            ~restored,
        )
        .order_by(Membership.id)
    )


def _used_after(
    moment: datetime | SQLColumnExpression[datetime | None],
) -> ColumnElement[bool]:
    entered = (
        select(AuditEvent.id)
        .where(
            AuditEvent.subject == Account.subject,
            AuditEvent.event == "service.entered",
            AuditEvent.organisation == Organisation.public_id,
            AuditEvent.at > moment,
        )
        .correlate(Account, Organisation, Membership)
        .exists()
    )
    approves = (
        select(Appointment.id)
        .where(Appointment.membership_id == Membership.id, Appointment.open)
        .correlate(Membership)
        .exists()
    )
    return or_(entered, and_(approves, Account.last_signed_in_at > moment))


def _warn(membership_id: int, at: datetime) -> None:
    with writing() as session:
        membership, organisation = _locked(session, membership_id)
        if not _is_among(_to_warn(at), membership_id):
            return
        membership.dormancy_warned_at = at
        mails.dormancy_warning(organisation, membership, at + _notice())


def _suspend(membership_id: int, at: datetime) -> None:
    days = settings().dormancy_days
    with writing() as session:
        membership, organisation = _locked(session, membership_id)
        if not _is_among(_to_suspend(at), membership_id):
            return
        # The next warning comes after another spell without use.
        membership.dormancy_warned_at = at
        session.flush()
        if facts.active_approvers(organisation.id).last(membership.account_id):
            mails.dormant_approver_stays(organisation, membership, days)
        elif suspension.begin(
            membership,
            SuspensionKind.DORMANCY,
            f"it had not been used for {days} days.",
            at=at,
            suspended_by=SYSTEM,
        ):
            suspension.record_change(
                "membership.suspended_as_dormant", membership, organisation, reason=str(days)
            )
            mails.dormant_suspended(organisation, membership, days)


def _locked(session: Session, membership_id: int) -> tuple[Membership, Organisation]:
    membership = facts.lock_membership(session, session.get_one(Membership, membership_id))
    return membership, session.get_one(Organisation, membership.organisation_id)


def _is_among(memberships: Select[int], membership_id: int) -> bool:
    """Return whether the membership is still selected, under the lock of its organisation."""
    return db.session.scalars(memberships.where(Membership.id == membership_id)).first() is not None
