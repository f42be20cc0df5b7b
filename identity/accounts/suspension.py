"""Suspending an account and restoring it."""

from __future__ import annotations

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.outbox import send_mail
from identity.accounts.models import Account
from identity.ports import approvals
from identity.sessions.ending import end_access


def suspend(account: Account, *, actor: Actor) -> bool:
    """End everything the person holds, until restored; False where he was suspended already."""
    with writing():
        db.session.refresh(account, with_for_update=True)
        if account.suspended_at is not None:
            return False
        account.suspended_at = now()
        end_access(account.id, cause="suspended")
        _record("account.suspended", account, actor, suspended=True)
        approvals().account_suspended(account, actor, suspended=True)
        send_mail(to=account.email, template="accounts/suspended", context={"name": account.name})
    return True


def restore(account: Account, *, actor: Actor) -> bool:
    """Let the person sign in again; False where he was not suspended."""
    with writing():
        db.session.refresh(account, with_for_update=True)
        if account.suspended_at is None:
            return False
        account.suspended_at = None
        _record("account.restored", account, actor, suspended=False)
        approvals().account_suspended(account, actor, suspended=False)
        send_mail(to=account.email, template="accounts/restored", context={"name": account.name})
    return True


def _record(event: str, account: Account, actor: Actor, *, suspended: bool) -> None:
    record(
        event,
        actor=actor,
        subject=account.subject,
        before={"suspended": not suspended},
        after={"suspended": suspended},
    )
