"""Locks of migrations on PostgreSQL, so that the running version can go on serving.

A statement such as `ALTER TABLE` waits for the transactions that use the table, and every later
request waits behind it. A migration of several tables can also deadlock with a request. Each wait
is therefore shorter than the second after which PostgreSQL ends a deadlock: the migration gives
way, never a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

LOCK_TIMEOUT_MILLISECONDS = 300
TRY_FOR_SECONDS = 120.0
PAUSE_SECONDS = 1.0
_LOCK_STATES = {"55P03", "40P01"}
"""SQLSTATE of a lock that was not available in time, and of a deadlock."""


@contextmanager
def brief_lock_waits(connection: Connection) -> Iterator[None]:
    """Limit each wait of this connection for a lock, for the time of the block. PostgreSQL only."""
    if connection.dialect.name != "postgresql":
        yield
        return
    _set(connection, f"SET lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}")
    try:
        yield
    finally:
        connection.rollback()
        _set(connection, "RESET lock_timeout")


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
            state = getattr(error.orig, "sqlstate", None)
            if state not in _LOCK_STATES or time.monotonic() > until:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _set(connection: Connection, statement: str) -> None:
    # Alembic commits each migration only on a connection that is in no transaction yet.
    connection.exec_driver_sql(statement)
    connection.commit()
