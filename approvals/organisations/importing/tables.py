"""The room's tables for plain statements, blocks of values, and inserts of many rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table, insert

from approvals.organisations.models import (
    Organisation,
    OrganisationPeriod,
    RegisterFile,
    RegisterStatement,
    SchoolLink,
    TrustLink,
)

ORGANISATIONS = cast(Table, Organisation.__table__)
PERIODS = cast(Table, OrganisationPeriod.__table__)
TRUST_LINKS = cast(Table, TrustLink.__table__)
SCHOOL_LINKS = cast(Table, SchoolLink.__table__)
STATEMENTS = cast(Table, RegisterStatement.__table__)
FILES = cast(Table, RegisterFile.__table__)

Item = TypeVar("Item")
_ROWS_AT_ONCE = 2_000
_NAMED = re.compile(r"%\(\w+\)s")
"""How psycopg writes a parameter; all are given by their place."""


def blocks(items: Iterable[Item], size: int = 500) -> Iterator[list[Item]]:
    """The items in lists of at most `size`: few enough for one statement."""
    rest = iter(items)
    while block := list(islice(rest, size)):
        yield block


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Inserts many rows of plain values through the driver itself.

    SQLAlchemy's own insert compiles parameters row by row, which costs more than the databases do.
    `columns` are those of the table, in its order, that get a value.
    """
    dialect = connection.dialect
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=list(columns))
    if list(compiled.params) != list(columns):
        raise ValueError(f"give the columns of {table.name} in their order, with all defaults")
    statement = _NAMED.sub("%s", str(compiled))
    binders = [
        (place, binder)
        for place, name in enumerate(columns)
        if (binder := table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
    ]
    for block in blocks(rows, _ROWS_AT_ONCE):
        connection.exec_driver_sql(statement, [_bound(row, binders) for row in block])


def _bound(row: tuple[Any, ...], binders: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
    if not binders:
        return row
    values = list(row)
    for place, binder in binders:
        values[place] = binder(values[place])
    return tuple(values)
