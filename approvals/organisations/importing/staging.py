"""Temporary tables in which an import prepares its changes, and how they are made to count.

The tables belong to the import's own database connection: preparing takes no lock that a request
waits for, and an import that is killed leaves nothing behind. `apply` then copies all changes into
the register's tables, inside the caller's transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.schema import CreateTable

from app.database.bulk import allow_long_work
from approvals.organisations.importing.current_rows import COLUMNS, PERIOD_COLUMNS
from approvals.organisations.importing.tables import (
    ORGANISATIONS,
    PERIODS,
    SCHOOL_LINKS,
    STATEMENTS,
    TRUST_LINKS,
)

NEW_COLUMNS = tuple(column.name for column in ORGANISATIONS.columns if column.name != "id")
LINK_COLUMNS = ("urn", "link_urn", "link_type", "relation", "established_on")
STATEMENT_COLUMNS = ("family", "subject", "stated_on", "facts")

_METADATA = MetaData()


def _table(name: str, *columns: Column[object]) -> Table:
    return Table(f"import_{name}", _METADATA, *columns, prefixes=["TEMPORARY"])


def _as_in(table: Table, *names: str) -> list[Column[object]]:
    return [Column(name, table.c[name].type) for name in names]


OLD_STATEMENTS = _table("old_statement", *_as_in(STATEMENTS, *STATEMENT_COLUMNS[:3]))
NEW_STATEMENTS = _table("new_statement", *_as_in(STATEMENTS, *STATEMENT_COLUMNS))
NEW_ORGANISATIONS = _table("new_organisation", *_as_in(ORGANISATIONS, *NEW_COLUMNS))
CHANGED_ORGANISATIONS = _table(
    "changed_organisation", *_as_in(ORGANISATIONS, "id", *COLUMNS, "updated_at")
)
OLD_PERIODS = _table("old_period", Column("organisation_id", Integer))
NEW_PERIODS = _table("new_period", Column("key", String), *_as_in(PERIODS, *PERIOD_COLUMNS))
OLD_TRUST_LINKS = _table("old_trust_link", Column("organisation_id", Integer))
NEW_TRUST_LINKS = _table(
    "new_trust_link",
    Column("key", String),
    Column("trust_key", String),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("known_from", Date),
)
OLD_SCHOOL_LINKS = _table("old_school_link", *_as_in(SCHOOL_LINKS, *LINK_COLUMNS[:3]))
NEW_SCHOOL_LINKS = _table("new_school_link", *_as_in(SCHOOL_LINKS, *LINK_COLUMNS))


@contextmanager
def prepared_on(engine: Engine) -> Iterator[Connection]:
    """Yield a connection of its own with the empty tables; both are gone at the end."""
    with engine.connect() as connection:
        try:
            allow_long_work(connection)
            for table in _METADATA.sorted_tables:
                connection.execute(CreateTable(table))
            connection.commit()
            yield connection
        finally:
            # Closed, not given back: nobody else may find these tables.
            connection.invalidate()


def apply(connection: Connection) -> None:
    """Copy the changes into the register's tables."""
    _apply_statements(connection)
    _apply_organisations(connection)
    _apply_periods(connection)
    _apply_trust_links(connection)
    _apply_school_links(connection)


def _apply_statements(connection: Connection) -> None:
    key = STATEMENT_COLUMNS[:3]
    _remove(connection, STATEMENTS, key, OLD_STATEMENTS)
    _copy(connection, STATEMENTS, STATEMENT_COLUMNS, NEW_STATEMENTS)


def _apply_organisations(connection: Connection) -> None:
    _copy(connection, ORGANISATIONS, NEW_COLUMNS, NEW_ORGANISATIONS)
    changed = CHANGED_ORGANISATIONS.c
    connection.execute(
        update(ORGANISATIONS)
        .where(ORGANISATIONS.c.id == changed.id)
        .values({name: changed[name] for name in (*COLUMNS, "updated_at")})
    )


def _apply_periods(connection: Connection) -> None:
    _remove(connection, PERIODS, ("organisation_id",), OLD_PERIODS)
    rows = select(ORGANISATIONS.c.id, *(NEW_PERIODS.c[name] for name in PERIOD_COLUMNS)).join_from(
        NEW_PERIODS, ORGANISATIONS, ORGANISATIONS.c.key == NEW_PERIODS.c.key
    )
    connection.execute(insert(PERIODS).from_select(("organisation_id", *PERIOD_COLUMNS), rows))


def _apply_trust_links(connection: Connection) -> None:
    _remove(connection, TRUST_LINKS, ("organisation_id",), OLD_TRUST_LINKS)
    new, trusts = NEW_TRUST_LINKS.c, ORGANISATIONS.alias()
    days = ("valid_from", "valid_to", "known_from")
    rows = (
        select(ORGANISATIONS.c.id, trusts.c.id, *(new[name] for name in days))
        .join_from(NEW_TRUST_LINKS, ORGANISATIONS, ORGANISATIONS.c.key == new.key)
        .join(trusts, trusts.c.key == new.trust_key)
    )
    connection.execute(
        insert(TRUST_LINKS).from_select(("organisation_id", "trust_id", *days), rows)
    )


def _apply_school_links(connection: Connection) -> None:
    _remove(connection, SCHOOL_LINKS, LINK_COLUMNS[:3], OLD_SCHOOL_LINKS)
    _copy(connection, SCHOOL_LINKS, LINK_COLUMNS, NEW_SCHOOL_LINKS)


def _remove(connection: Connection, table: Table, key: tuple[str, ...], gone: Table) -> None:
    columns = [table.c[name] for name in key]
    these = tuple_(*columns) if len(columns) > 1 else columns[0]
    connection.execute(delete(table).where(these.in_(select(*(gone.c[name] for name in key)))))


def _copy(connection: Connection, table: Table, columns: tuple[str, ...], new: Table) -> None:
    rows = select(*(new.c[name] for name in columns))
    connection.execute(insert(table).from_select(columns, rows))
