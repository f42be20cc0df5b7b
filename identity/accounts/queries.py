"""Reads of accounts for pages, commands and other rooms."""

from __future__ import annotations

from sqlalchemy import select

from app.database import db
from identity.accounts.models import Account
from identity.email_address import EmailAddress


def account_at(email: EmailAddress) -> Account | None:
    """Return the account with this email address, in whatever spelling, or None."""
    found: Account | None = db.session.scalar(select(Account).where(Account.email_key == email.key))
    return found


def account_with_id(account_id: int) -> Account:
    """Return the account with this database key."""
    return db.session.get_one(Account, account_id)
