"""The purge: rows whose time is over are deleted in short transactions.

Each room adds its own rows to `PURGES`. A purge of many rows in one statement would hold SQLite's
write lock, and row locks on PostgreSQL, for longer than requests wait.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_, update

from app.composition import ExtensionPoint
from app.database import Base, writing
from app.database.single_use import rows_changed

PORTION = 1_000
"""Rows that one transaction of the purge changes at most."""


@dataclass(frozen=True)
class Expired:
    """The rows of a table that meet the condition: they are deleted.

    values: the rows stay, and these columns are set instead. The condition must not hold any more
    for a row that has the values, else the purge does not end.
    """

    table: type[Base]
    condition: ColumnElement[bool]
    values: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Purge:
    """Rows that a room purges. `expired` returns them, those that refer to others first."""

    name: str
    expired: Callable[[], Iterable[Expired]]


PURGES = ExtensionPoint[Purge]("purges", named=lambda purge: purge.name)


def purge_expired() -> dict[str, int]:
    """Run every purge, a portion in each transaction. Return the rows deleted, by name."""
    return {each.name: sum(map(_purge, each.expired())) for each in PURGES.values()}


def _purge(expired: Expired) -> int:
    total = 0
    while True:
        with writing():
            changed = _purge_portion(expired)
        total += changed
        if changed < PORTION:
            return total if expired.values is None else 0


def _purge_portion(expired: Expired) -> int:
    key = tuple_(*inspect(expired.table).primary_key)
    portion = select(*inspect(expired.table).primary_key).where(expired.condition).limit(PORTION)
    # The condition stands outside as well: a row that is renewed at this moment stays.
    rows = key.in_(portion), expired.condition
    statement = (
        delete(expired.table).where(*rows)
        if expired.values is None
        else update(expired.table).where(*rows).values(**expired.values)
    )
    return rows_changed(statement)
