"""A copy of the register for a dry run: a file of its own, which no request waits for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, Table, create_engine, select

from app.database import Base
from app.database.bulk import insert_rows
from approvals.organisations.importing.tables import (
    FILES,
    ORGANISATIONS,
    PERIODS,
    SCHOOL_LINKS,
    STATEMENTS,
    TRUST_LINKS,
)

_TABLES = (ORGANISATIONS, PERIODS, TRUST_LINKS, SCHOOL_LINKS, FILES, STATEMENTS)
_AT_ONCE = 10_000


@contextmanager
def copy_of_register(live: Engine) -> Iterator[Engine]:
    """Yield a SQLite database with a copy of the register's tables, deleted at the end."""
    with TemporaryDirectory(prefix="secure-access-register-") as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'register.sqlite3'}")
        try:
            Base.metadata.create_all(engine, tables=list(_TABLES))
            with live.connect() as source, engine.begin() as copy:
                for table in _TABLES:
                    _copy(source, copy, table)
            yield engine
        finally:
            engine.dispose()


def _copy(source: Connection, copy: Connection, table: Table) -> None:
    names = [column.name for column in table.columns]
    rows = source.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for block in rows.partitions():
        insert_rows(copy, table, names, (tuple(row) for row in block))
