"""Suspended memberships, which give no access until an approver decides. Dated rows say why.

Every cause goes through `begin`, and every end through `end`. Each locks the account, so that the
rows and `Membership.suspended_at`, which says whether one of them is open, never disagree.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actors import SYSTEM, Actor, current_actor
from app.audit import record
from app.clock import now
from app.database import db
from app.database.single_use import changed_any, rows_changed
from approvals.memberships import mails
from approvals.memberships.last_approver import keep_an_approver
from approvals.memberships.models import Membership, MembershipSuspension, SuspensionKind
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from identity.access_termination import end_access, lock_access
from identity.accounts.models import Account
from identity.accounts.person import Person

CAUSE = "membership suspended"
RESTORABLE = frozenset(SuspensionKind) - {SuspensionKind.RESET}
"""Kinds that an approver ends by restoring the access; a reset has to be agreed to."""


def begin(
    membership: Membership,
    kind: SuspensionKind,
    cause: str,
    *,
    at: datetime,
    suspended_by: Actor,
    reason: str | None = None,
) -> bool:
    """Suspend the membership for a cause, and end what was issued for its organisation.

    False where one of this kind is open already. The caller records the change. Must run inside
    `writing()`. Raises RefusalError for the last approver who can act.
    """
    keep_an_approver(membership.organisation_id, membership.account_id)
    return _begin(membership, kind, cause, at=at, suspended_by=suspended_by, reason=reason)


def _begin(
    membership: Membership,
    kind: SuspensionKind,
    cause: str,
    *,
    at: datetime,
    suspended_by: Actor,
    reason: str | None = None,
) -> bool:
    session = db.session()
    if membership.account_id is not None:
        lock_access(membership.account_id)
    if kind in {row.kind for row in open_suspensions(membership)}:
        return False
    session.add(
        MembershipSuspension(
            membership_id=membership.id,
            kind=kind.value,
            cause=cause,
            reason=reason,
            suspended_by=suspended_by.identifier,
            valid_from=at,
        )
    )
    _note_whether_suspended(session, membership)
    if membership.account_id is not None:
        organisation = session.get_one(Organisation, membership.organisation_id)
        end_access(membership.account_id, cause=CAUSE, organisation=organisation.public_id)
    return True


def end(
    membership: Membership, kinds: Collection[SuspensionKind], *, at: datetime, ended_by: Actor
) -> bool:
    """End the suspensions of these kinds; False where none is open. Must run inside `writing()`."""
    session = db.session()
    if membership.account_id is not None:
        lock_access(membership.account_id)
    ended = changed_any(
        update(MembershipSuspension)
        .where(
            MembershipSuspension.membership_id == membership.id,
            MembershipSuspension.open,
            MembershipSuspension.kind.in_([kind.value for kind in kinds]),
        )
        .values(valid_to=at, ended_by=ended_by.identifier)
    )
    _note_whether_suspended(session, membership)
    return ended


def open_suspensions(membership: Membership) -> list[MembershipSuspension]:
    """Return the suspensions of the membership that last, the earliest first."""
    return list(
        db.session.scalars(
            select(MembershipSuspension)
            .where(MembershipSuspension.membership_id == membership.id, MembershipSuspension.open)
            .order_by(MembershipSuspension.valid_from, MembershipSuspension.id)
            .execution_options(populate_existing=True)
        )
    )


def continue_in(membership: Membership, continued: Membership, at: datetime) -> None:
    """Suspend a membership that continues a suspended one, for the same causes."""
    for row in open_suspensions(membership):
        _begin(
            continued,
            SuspensionKind(row.kind),
            row.cause,
            at=at,
            suspended_by=SYSTEM,
            reason=row.reason,
        )


def suspend_after_reset(membership: Membership, at: datetime) -> None:
    """Suspend the membership until an approver agrees to the reset of the second step.

    Must run inside `writing()`.
    """
    _begin(
        membership,
        SuspensionKind.RESET,
        "the second step of the account was reset.",
        at=at,
        suspended_by=SYSTEM,
    )


def agree_to_reset(account_id: int, organisation_id: int, *, agreed_by: Actor) -> bool:
    """End the suspension after a reset of the second step; False where none is open.

    Must run inside `writing()`.
    """
    membership = db.session.scalar(
        select(Membership).where(
            Membership.account_id == account_id,
            Membership.organisation_id == organisation_id,
            Membership.open,
        )
    )
    return membership is not None and end(
        membership, {SuspensionKind.RESET}, at=now(), ended_by=agreed_by
    )


def closed_organisations(account: Person) -> list[Organisation]:
    """Return the organisations in which the access waits for an agreement to a reset, by name."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .join(MembershipSuspension, MembershipSuspension.membership_id == Membership.id)
            .where(
                Membership.account_id == account.id,
                Membership.open,
                MembershipSuspension.open,
                MembershipSuspension.kind == SuspensionKind.RESET.value,
            )
            .order_by(Organisation.name, Organisation.id)
        )
    )


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
        )
        .order_by(Membership.account_id, Membership.id)
    ).all()
    named = {organisation.public_id for _, organisation in rows}
    within = organisations_within(bodies, named, at)
    counts: dict[int, tuple[Organisation, int]] = {}
    cause = f"the sign-in with {connection} was switched off."
    for membership, organisation in rows:
        if organisation.public_id not in within:
            continue
        if _begin(
            membership, SuspensionKind.CONNECTION, cause, at=at, suspended_by=current_actor()
        ):
            record_change("membership.suspended", membership, organisation, reason=connection)
            counts[organisation.id] = (organisation, counts.get(organisation.id, (None, 0))[1] + 1)
    session.flush()
    for organisation, count in counts.values():
        mails.memberships_suspended(organisation, connection, count)


def record_change(
    event: str,
    membership: Membership,
    organisation: Organisation,
    *,
    actor: Actor | None = None,
    reason: str | None = None,
) -> None:
    """Record that a membership was suspended or restored."""
    account = db.session.get(Account, membership.account_id) if membership.account_id else None
    record(
        event,
        actor=actor,
        organisation=organisation.public_id,
        membership=membership.public_id,
        person=membership.name,
        subject=account.subject if account is not None else None,
        reason=reason,
    )


def _note_whether_suspended(session: Session, membership: Membership) -> None:
    session.flush()
    since = (
        select(func.min(MembershipSuspension.valid_from))
        .where(MembershipSuspension.membership_id == membership.id, MembershipSuspension.open)
        .scalar_subquery()
    )
    # Not by the object: it may hold what another transaction has changed before the lock.
    rows_changed(
        update(Membership).where(Membership.id == membership.id).values(suspended_at=since)
    )
    session.refresh(membership, ["suspended_at"])
