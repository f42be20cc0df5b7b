"""Suspended memberships: they give no access until an approver decides. Dated rows say when."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from approvals.memberships import facts, mails
from approvals.memberships.models import Membership, MembershipSuspension
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from identity.access_termination import end_access
from identity.accounts.models import Account


def suspend_for_connection(
    connection: str, bodies: Collection[str], accounts: Collection[int], at: datetime
) -> None:
    """Suspend the memberships of these accounts in the organisations within the bodies.

    Their sign-in by this connection has ended. The approvers who are left get one mail for each
    organisation. Must run inside `writing()`.
    """
    session = db.session()
    rows = session.execute(
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.account_id.in_(accounts),
            Membership.open,
            Membership.joined_at.is_not(None),
            Membership.suspended_at.is_(None),
        )
        .order_by(Membership.account_id, Membership.id)
    ).all()
    named = {organisation.public_id for _, organisation in rows}
    within = organisations_within(bodies, named, at)
    counts: dict[int, tuple[Organisation, int]] = {}
    for membership, organisation in rows:
        if organisation.public_id in within:
            _suspend(session, membership, organisation, connection, at)
            counts[organisation.id] = (organisation, counts.get(organisation.id, (None, 0))[1] + 1)
    session.flush()
    for organisation, count in counts.values():
        mails.memberships_suspended(organisation, connection, count)


def reopen(membership: Membership) -> bool:
    """Reopen the access of a suspended membership; False where it is not suspended any more."""
    with writing() as session:
        at = now()
        locked = facts.lock_membership(session, membership)
        if not locked.open or not claim(
            update(MembershipSuspension)
            .where(MembershipSuspension.membership_id == locked.id, MembershipSuspension.open)
            .values(valid_to=at)
        ):
            return False
        locked.suspended_at = None
        _record(
            "membership.reopened", locked, session.get_one(Organisation, locked.organisation_id)
        )
    return True


def continue_in(
    session: Session, membership: Membership, continued: Membership, at: datetime
) -> None:
    """Suspend a membership that continues a suspended one, for the same cause."""
    if membership.suspended_at is None:
        return
    continued.suspended_at = at
    cause = cause_of(membership) or ""
    session.add(MembershipSuspension(membership_id=continued.id, cause=cause, valid_from=at))
    session.flush()


def cause_of(membership: Membership) -> str | None:
    """Return why the membership is suspended now, or None."""
    found: str | None = db.session.scalar(
        select(MembershipSuspension.cause).where(
            MembershipSuspension.membership_id == membership.id, MembershipSuspension.open
        )
    )
    return found


def _suspend(
    session: Session,
    membership: Membership,
    organisation: Organisation,
    connection: str,
    at: datetime,
) -> None:
    membership.suspended_at = at
    session.add(
        MembershipSuspension(
            membership_id=membership.id,
            cause=f"the sign-in with {connection} was switched off.",
            valid_from=at,
        )
    )
    session.flush()
    if membership.account_id is not None:
        end_access(
            membership.account_id,
            cause="membership suspended",
            organisation=organisation.public_id,
        )
    _record("membership.suspended", membership, organisation, reason=connection)


def _record(
    event: str, membership: Membership, organisation: Organisation, *, reason: str | None = None
) -> None:
    account = db.session.get(Account, membership.account_id) if membership.account_id else None
    record(
        event,
        organisation=organisation.public_id,
        membership=membership.public_id,
        person=membership.name,
        subject=account.subject if account is not None else None,
        reason=reason,
    )
