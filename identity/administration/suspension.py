"""Suspending an account and restoring it, as dated rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.dated_rows import has_begun
from app.outbox import send_mail
from identity.access_termination import end_access
from identity.accounts.models import Account, Suspension
from identity.ports import approvals


def suspend(account: Account, *, actor: Actor, accepted: Collection[str] = ()) -> bool:
    """End everything that the person holds, until restored; False if suspended already.

    accepted: public ids of the organisations that may be left without an approver. Raises
    RefusalError for the only operator, LeavesWithoutApprover where others are left so.
    """
    with writing():
        approvals().suspending(account, accepted, actor)
        db.session.refresh(account, with_for_update={"key_share": True})
        if account.suspended:
            return False
        account.suspended_at = at = now()
        _close(account, at)
        db.session.add(Suspension(account_id=account.id, valid_from=at))
        end_access(account.id, cause="suspended")
        _record("account.suspended", account, actor, suspended=True)
        approvals().account_suspended(account, actor, suspended=True)
        send_mail(to=account.email, template="accounts/suspended", context={"name": account.name})
    return True


def restore(account: Account, *, actor: Actor) -> bool:
    """Let the person sign in again; False if they were not suspended, or the account is closed."""
    with writing():
        db.session.refresh(account, with_for_update=True)
        if not account.suspended or account.closed_at is not None:
            return False
        account.suspended_at = None
        _close(account, now())
        _record("account.restored", account, actor, suspended=False)
        approvals().account_suspended(account, actor, suspended=False)
        send_mail(to=account.email, template="accounts/restored", context={"name": account.name})
    return True


def suspended_since(account: Account, at: datetime) -> datetime | None:
    """Return the beginning of the spell in which the account was suspended at a moment, if any.

    `Account.suspended_at` decides about the spell that lasts: a release before these rows may run
    beside this one for a while, and writes that alone.
    """
    if account.suspended_at is not None and has_begun(account.suspended_at, at):
        return account.suspended_at
    found: datetime | None = db.session.scalar(
        select(Suspension.valid_from)
        .where(
            Suspension.account_id == account.id,
            Suspension.counts_at(at),
            ~Suspension.open,
        )
        .order_by(Suspension.valid_from.desc())
        .limit(1)
    )
    return found


def _close(account: Account, at: datetime) -> None:
    db.session.execute(
        update(Suspension)
        .where(Suspension.account_id == account.id, Suspension.open)
        .values(valid_to=at)
    )


def _record(event: str, account: Account, actor: Actor, *, suspended: bool) -> None:
    record(
        event,
        actor=actor,
        subject=account.subject,
        before={"suspended": not suspended},
        after={"suspended": suspended},
    )
