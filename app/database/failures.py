"""Errors of the database that are no defect: it cannot be used now, or a row was deleted."""

from __future__ import annotations

import sqlite3
import sys

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from app.database.write_lock import DatabaseBusy

_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
_LOCK_STATES = {"55P03", "40P01"}
"""PostgreSQL's codes for a lock that was not available, and for a deadlock."""


def is_deleted_meanwhile(error: BaseException) -> bool:
    """Return whether another transaction deleted a row that this work had read and went on using.

    Nothing of the transaction in which this shows is stored.
    """
    return isinstance(error, ObjectDeletedError | StaleDataError)


def is_unavailable(error: BaseException | None) -> bool:
    """Return whether the error, or what it came from, says that the database cannot be used now.

    A lock that another program holds, a server that is away, a full disk: the same request may
    succeed later.
    """
    while error is not None:
        if isinstance(error, DatabaseBusy | PoolTimeout):
            return True
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES
        if _is_of_psycopg(error):
            return True
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


def is_locked(error: DBAPIError) -> bool:
    """Return whether a lock that another program holds was not released in time."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) in _LOCK_STATES


def database_errors() -> tuple[type[Exception], ...]:
    """Return the classes of all errors of the database: SQLAlchemy's, and those of the drivers.

    Compiled statements raise the driver's own.
    """
    if "psycopg" not in sys.modules:
        return SQLAlchemyError, sqlite3.Error
    from psycopg import Error

    return SQLAlchemyError, sqlite3.Error, Error


def _is_of_psycopg(error: BaseException) -> bool:
    """Return whether psycopg says so, which a process that uses SQLite does not load."""
    if "psycopg" not in sys.modules:
        return False
    from psycopg import OperationalError
    from psycopg.errors import ReadOnlySqlTransaction

    # Read-only is a standby, or a database that its operator has closed for writing.
    return isinstance(error, OperationalError | ReadOnlySqlTransaction)
