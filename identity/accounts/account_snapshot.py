"""Accounts read by compiled statements, with what names them: a session, a token, a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Protocol

from identity.accounts.models import Account
from identity.accounts.person import full_name, is_active
from identity.email_address import EmailAddress

_COLUMNS = (
    Account.subject,
    Account.email,
    Account.email_key,
    Account.given_name,
    Account.family_name,
    Account.updated_at,
    Account.joined_at,
    Account.suspended_at,
    Account.access_revision,
)
WITH_ACCOUNT = tuple(column.label(f"account_{column.key}") for column in _COLUMNS)
"""Columns for a statement that joins the account to what has its `account_id`: see
`snapshot_from`.
"""


ACCOUNT_ALONE = (Account.id.label("account_id"), *WITH_ACCOUNT)
"""The same columns for a statement about accounts alone."""


class AccountRow(Protocol):
    """A row with an `account_id` and the columns WITH_ACCOUNT."""

    account_id: int
    account_subject: str
    account_email: str
    account_email_key: str
    account_given_name: str
    account_family_name: str
    account_updated_at: datetime
    account_joined_at: datetime | None
    account_suspended_at: datetime | None
    account_access_revision: int


_values_in = attrgetter("account_id", *(column.name for column in WITH_ACCOUNT))


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """An account as it was at one moment (`identity.accounts.person.Person`)."""

    id: int
    subject: str
    email: str
    email_key: str
    given_name: str
    family_name: str
    updated_at: datetime
    joined_at: datetime | None
    suspended_at: datetime | None
    access_revision: int

    @property
    def address(self) -> EmailAddress:
        """The email address as one value."""
        return EmailAddress(self.email, self.email_key)

    @property
    def suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def name(self) -> str:
        return full_name(self.given_name, self.family_name)

    @property
    def active(self) -> bool:
        return is_active(self.joined_at, self.suspended_at)


def snapshot_from(row: AccountRow) -> AccountSnapshot:
    """Return the account in a row that was read with WITH_ACCOUNT."""
    return AccountSnapshot(*_values_in(row))
