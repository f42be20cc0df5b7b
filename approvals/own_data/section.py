"""A section of a person's data: the rows of one table, with their columns in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select

from app.database import Base
from approvals.memberships.models import (
    Appointment,
    Grant,
    Membership,
    MembershipSuspension,
    StandIn,
)
from approvals.organisations.models import Organisation
from identity.accounts.models import Account

Columns = Mapping[str, SQLColumnExpression[object]]
Joined = Mapping[type[Base], ColumnElement[bool]]
ORGANISATION: Joined = {Organisation: Organisation.id == Membership.organisation_id}
"""The organisation of a membership, as `Section.joined`."""


@dataclass(frozen=True)
class Section:
    """Rows of one table, with its columns by their names in words.

    owner: the condition that a row is about the account; none for the table's `account_id`. joined:
    tables that the columns or the condition need, each with its condition, in this order.
    """

    title: str
    table: type[Base]
    columns: Columns
    owner: Callable[[Account], ColumnElement[bool]] | None = None
    joined: Joined = field(default_factory=dict)

    def statement(self, account: Account) -> Select[*tuple[object, ...]]:
        """Return the statement that reads the person's rows, oldest first."""
        table = self.table.__table__
        statement = select(*self.columns.values()).select_from(self.table)
        for other, condition in self.joined.items():
            statement = statement.outerjoin(other, condition)
        is_own = self.owner(account) if self.owner else table.c.account_id == account.id
        return statement.where(is_own).order_by(*table.primary_key)


def section_of_membership(
    title: str,
    table: type[Appointment | Grant | MembershipSuspension | StandIn],
    columns: Columns,
) -> Section:
    """Return a section of rows that refer to a membership. Each names its organisation first."""
    return Section(
        title,
        table,
        {"Organisation": Organisation.name, **columns},
        lambda account: Membership.account_id == account.id,
        {Membership: Membership.id == table.membership_id, **ORGANISATION},
    )
