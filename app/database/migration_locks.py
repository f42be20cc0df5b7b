"""Locks of migrations, so that the running version can go on serving.

On SQLite all migrations of one run are a transaction that begins with the write lock: a lock that
is taken after the first read fails at once if another program has written meanwhile.

On PostgreSQL a statement such as `ALTER TABLE` waits for the transactions that use the table, and
every later request waits behind it. A migration of several tables can also deadlock with a request.
Each wait is therefore shorter than the second after which PostgreSQL ends a deadlock: the migration
gives way, never a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.database.engine import db
from app.database.failures import is_locked

LOCK_TIMEOUT_MILLISECONDS = 300
TRY_FOR_SECONDS = 120.0
PAUSE_SECONDS = 1.0
_SETTING_UP = 0x5EC0_ACCE
"""Key of PostgreSQL's advisory lock that one `setup` at a time holds."""


@contextmanager
def one_setup_at_a_time() -> Iterator[None]:
    """Wait for the `setup` of another host on PostgreSQL. Raises DBAPIError after two minutes.

    On SQLite each step of `setup` holds the write lock and reads the present state.
    """
    if db.engine.dialect.name != "postgresql":
        yield
        return
    with db.engine.connect() as connection:
        # The lock ends with the connection.
        connection.detach()
        _set(connection, f"SET lock_timeout = {int(TRY_FOR_SECONDS * 1000)}")
        _set(connection, "SET statement_timeout = 0")
        _set(connection, f"SELECT pg_advisory_lock({_SETTING_UP})")
        yield


@contextmanager
def migration_connection() -> Iterator[Connection]:
    """Open a connection for migrations. On SQLite its transaction holds the write lock."""
    if db.engine.dialect.name != "postgresql":
        immediate = db.engine.execution_options(begin_immediate=True)
        with immediate.begin() as connection:
            yield connection
        return
    with db.engine.connect() as connection:
        # Its limits end with the connection.
        connection.detach()
        _set(connection, f"SET lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}")
        # An index of a large table may take its time.
        _set(connection, "SET statement_timeout = 0")
        yield connection


def retry_for_locks(migrate: Callable[[], None]) -> None:
    """Run migrations, again from the one that got no lock in time, for up to two minutes.

    Each migration is a transaction, so nothing is stored of one that is tried again. Raises the
    last error.
    """
    until = time.monotonic() + TRY_FOR_SECONDS
    while True:
        try:
            migrate()
        except DBAPIError as error:
            # SQLite itself has waited, as long as a command may.
            has_waited = db.engine.dialect.name == "sqlite" or time.monotonic() > until
            if has_waited or not is_locked(error):
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _set(connection: Connection, statement: str) -> None:
    # Alembic commits each migration only on a connection that is in no transaction yet.
    connection.exec_driver_sql(statement)
    connection.commit()
