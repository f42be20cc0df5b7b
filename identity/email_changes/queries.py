"""Reads of changes of an address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import now
from app.database import db
from app.retention import Expired
from identity.accounts.models import Account
from identity.accounts.queries import account_at
from identity.email_address import EmailAddress
from identity.email_changes.models import EmailChange

_REMEMBERED = timedelta(days=30)


def open_change(account_id: int, at: datetime) -> EmailChange | None:
    """Return the person's change that waits to be confirmed, or None. There is one at most."""
    found: EmailChange | None = db.session.scalar(
        select(EmailChange)
        .where(EmailChange.account_id == account_id, EmailChange.is_open(at))
        .order_by(EmailChange.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


def reversible_change(account_id: int, former_key: str, at: datetime) -> EmailChange | None:
    """Return the person's latest change away from this address that can be put back, or None."""
    found: EmailChange | None = db.session.scalar(
        select(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.former_email_key == former_key,
            EmailChange.is_reversible(at),
        )
        .order_by(EmailChange.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


def account_formerly_at(email: EmailAddress, at: datetime) -> Account | None:
    """Return the account that left this address so recently that the change can be put back."""
    found: Account | None = db.session.scalar(
        select(Account)
        .join(EmailChange, EmailChange.account_id == Account.id)
        .where(EmailChange.former_email_key == email.key, EmailChange.is_reversible(at))
        .order_by(EmailChange.id.desc())
        .limit(1)
    )
    return found


def is_taken(email: EmailAddress, at: datetime, *, but: int | None = None) -> bool:
    """Return whether the address is another account's, or was so recently that it may return.

    but: id of the account that wants the address.
    """
    # In this order: an account that leaves the address between the two is found by the second.
    holders = (account_at(email), account_formerly_at(email, at))
    return any(holder is not None and holder.id != but for holder in holders)


def last_begun_by_approver(account_id: int) -> datetime | None:
    """Return when an approver last began a change of the person's address, or None.

    The moment of the confirmation, where there was one, else that of the request.
    """
    found: datetime | None = db.session.scalar(
        select(func.coalesce(EmailChange.confirmed_at, EmailChange.created_at).label("at"))
        .where(EmailChange.account_id == account_id, EmailChange.begun_by.is_not(None))
        .order_by(func.coalesce(EmailChange.confirmed_at, EmailChange.created_at).desc())
        .limit(1)
    )
    return found


def has_begun_change(subject: str, account_id: int) -> bool:
    """Return whether this approver began a change of the person's address in the last weeks.

    Changes are known for a month after they could be confirmed.
    """
    found = db.session.scalar(
        select(EmailChange.id)
        .where(EmailChange.account_id == account_id, EmailChange.begun_by == subject)
        .limit(1)
    )
    return found is not None


def expired() -> list[Expired]:
    """Return changes that neither can be confirmed nor put back, a month after the request."""
    return [Expired(EmailChange, EmailChange.expires_at < now() - _REMEMBERED)]
