"""An account read by a plain statement, for the endpoints that services call all day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from app.database import Plain
from identity.accounts.models import Account
from identity.accounts.person import full_name, is_active

_BY_ID = Plain(
    select(
        Account.id,
        Account.subject,
        Account.email,
        Account.given_name,
        Account.family_name,
        Account.updated_at,
        Account.joined_at,
        Account.suspended_at,
    ).where(Account.id == bindparam("id"))
)


@dataclass(frozen=True, slots=True)
class AccountCopy:
    """An account as it was at one moment (`identity.accounts.person.Person`)."""

    id: int
    subject: str
    email: str
    given_name: str
    family_name: str
    updated_at: datetime
    joined_at: datetime | None
    suspended_at: datetime | None

    @property
    def name(self) -> str:
        return full_name(self.given_name, self.family_name)

    @property
    def active(self) -> bool:
        return is_active(self.joined_at, self.suspended_at)


def copy_of(account_id: int) -> AccountCopy | None:
    """The account as it is at this moment: no commit makes it be read again."""
    row = _BY_ID.one(id=account_id)
    return AccountCopy(*row) if row is not None else None
