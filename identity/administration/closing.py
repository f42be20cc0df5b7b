"""Closing an account for good, and erasing its name and address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from app.database import db
from app.database.single_use import claim
from identity.access_termination import end_access
from identity.accounts.models import Account, Suspension


def lock_to_close(account_id: int) -> Account:
    """Lock the account as closing needs it, and return it as it is now.

    Rows that refer to the account wait as well, so none is added between a check and the closing.
    Must run inside `writing()`.
    """
    return db.session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def close_account(account: Account, at: datetime, *state: ColumnElement[bool]) -> bool:
    """Close the account if it is in this state; True for one of several callers.

    All access ends. The address leads to no account any more, so every page answers it as an
    unknown one, and the account is suspended for good. Must run under `lock_to_close`.
    """
    closed = claim(
        update(Account)
        .where(Account.id == account.id, Account.closed_at.is_(None), *state)
        .values(
            closed_at=at,
            email_key=f"closed {account.subject}",
            suspended_at=func.coalesce(Account.suspended_at, at),
        )
    )
    if closed:
        if not account.suspended:
            db.session.add(Suspension(account_id=account.id, valid_from=at))
        end_access(account.id, cause="account closed")
    return closed
