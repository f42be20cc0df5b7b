"""Many rows at once: imports of tens of thousands of rows, nothing that a request does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Date, Table, insert, text

if TYPE_CHECKING:
    import psycopg

Binder = tuple[int, Callable[[object], object]]
"""Place of a value, and the conversion that its column's type makes before the driver sees it."""
_ROWS_AT_ONCE = 2_000
_CACHE_KIB = 32 * 1024


def allow_long_work(connection: Connection) -> None:
    """Set up a connection that nobody else uses for statements that write many rows.

    PostgreSQL's limit on a statement is lifted. SQLite gets a cache for the pages that change:
    without it they go to the disk twice while the lock is held.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET statement_timeout = 0"))
    else:
        connection.execute(text(f"PRAGMA cache_size = -{_CACHE_KIB}"))


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    """Insert many rows of plain values through the driver: `COPY`, or SQLite's `executemany`.

    SQLAlchemy's own insert prepares parameters row by row, which costs more than the databases do.
    `columns` are those of the table, in its order; columns that are left out take no default.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
        return
    compiled = insert(table).inline().compile(dialect=connection.dialect, column_keys=list(columns))
    if list(compiled.params) != list(columns):
        raise ValueError(f"give the columns of {table.name} in their order, with all defaults")
    binders = _binders(connection, table, columns)
    pending = iter(rows)
    while block := list(islice(pending, _ROWS_AT_ONCE)):
        connection.exec_driver_sql(str(compiled), list(_bound(block, binders)))


def _copy(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    from psycopg import sql

    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    binders = _binders(connection, table, columns)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _bound(rows, binders):
            copy.write_row(row)


def _binders(connection: Connection, table: Table, columns: Sequence[str]) -> list[Binder]:
    """Return, by place, the conversions of the columns' types before the driver sees a value."""
    dialect = connection.dialect
    binders: list[Binder] = []
    for place, name in enumerate(columns):
        kind = table.c[name].type
        binder = kind.dialect_impl(dialect).bind_processor(dialect)
        if binder is not None:
            binders.append((place, _iso_day if isinstance(kind, Date) else binder))
    return binders


def _iso_day(day: object) -> str | None:
    """Return a day as SQLite stores it. SQLAlchemy's own function takes four times as long."""
    return day.isoformat() if isinstance(day, date) else None


def _bound(
    rows: Iterable[tuple[object, ...]], binders: Sequence[Binder]
) -> Iterator[tuple[object, ...]]:
    for row in rows:
        values = list(row)
        for place, binder in binders:
            values[place] = binder(values[place])
        yield tuple(values)
