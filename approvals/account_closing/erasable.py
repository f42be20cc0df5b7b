"""The end of a table's rows about a person: deleted at a stage, or kept under a pseudonym."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, delete, select, update

from app.database import Base, db
from app.database.single_use import rows_changed
from approvals.account_closing.pseudonym import Pseudonym
from identity.accounts.models import Account, Invitation

Person = TypeVar("Person", Account, Invitation)
"""Type of the person: an account, or the invitation of a person who never joined."""
Owner = Callable[[Person], ColumnElement[bool]]
Values = Callable[[Pseudonym], Mapping[str, object]]


class Stage(enum.Enum):
    """The two stages of the end of an account."""

    CLOSING = enum.auto()
    ERASURE = enum.auto()


def _nothing(_pseudonym: Pseudonym) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Deleted:
    """Rows about a person that are deleted at a stage."""

    table: type[Base]
    stage: Stage
    owner: Owner[Account] | None = None

    def apply(self, account: Account, _pseudonym: Pseudonym) -> None:
        """Delete the person's rows. Must run inside `writing()`."""
        if self.owner is not None:
            condition = self.owner(account)
        else:
            condition = self.table.__table__.c.account_id == account.id
        rows_changed(delete(self.table).where(condition))


@dataclass(frozen=True)
class Kept(Generic[Person]):
    """Rows about a person that stay as evidence.

    columns: those that stay as they are. values: the others, with what stands in them from the
    erasure on. texts: personal keys of JSON columns, whose values are replaced by the pseudonym.
    """

    table: type[Base]
    owner: Owner[Person]
    columns: frozenset[str]
    values: Values = _nothing
    texts: Mapping[str, Collection[str]] = field(default_factory=dict)
    stage = Stage.ERASURE

    def __post_init__(self) -> None:
        named = self.columns | self.values(Pseudonym("")).keys() | self.texts.keys()
        unnamed = named ^ set(self.table.__table__.c.keys())
        if unnamed:
            raise ValueError(f"{self.table.__name__}: decide about {', '.join(sorted(unnamed))}")

    def apply(self, person: Person, pseudonym: Pseudonym) -> None:
        """Replace the personal columns of the person's rows. Must run inside `writing()`."""
        columns = self.table.__table__.c
        owner = self.owner(person)
        # Read before any change, because the texts may be what the rows are found by.
        texts = (
            db.session.execute(
                select(columns.id, *(columns[name] for name in self.texts)).where(owner)
            ).all()
            if self.texts
            else []
        )
        values = self.values(pseudonym)
        if values:
            rows_changed(update(self.table).where(owner).values(**values))
        for key, *present in texts:
            replaced = {
                name: _without(value, personal, pseudonym)
                for (name, personal), value in zip(self.texts.items(), present, strict=True)
            }
            rows_changed(update(self.table).where(columns.id == key).values(**replaced))


def _without(
    values: Mapping[str, object], personal: Collection[str], pseudonym: Pseudonym
) -> Mapping[str, object]:
    """Return the values of a JSON column with the pseudonym in place of personal ones."""
    return {
        key: pseudonym.name if key in personal and value else value for key, value in values.items()
    }


def kept_columns(names: str) -> frozenset[str]:
    """Return the names of a list that is separated by spaces."""
    return frozenset(names.split())
