"""The drivers' connections as they are used here: psycopg's and sqlite3's, beyond DB-API 2.0."""

from __future__ import annotations

import select
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, cast

from sqlalchemy import Connection

Parameters = Sequence[object] | Mapping[str, object]
DriverRow = Sequence[object]


class DriverCursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, text: str, parameters: Parameters = ..., /) -> DriverCursor: ...

    def fetchone(self) -> DriverRow | None: ...

    def fetchall(self) -> list[DriverRow]: ...


class DriverConnection(Protocol):
    """A connection. `executemany` is sqlite3's alone; the members below it are psycopg's."""

    def cursor(self) -> DriverCursor: ...

    def execute(self, text: str, parameters: Parameters = ..., /) -> DriverCursor: ...

    def close(self) -> None: ...

    def executemany(self, text: str, rows: Sequence[Parameters], /) -> DriverCursor: ...

    autocommit: bool
    closed: bool

    def fileno(self) -> int: ...

    def pipeline(self) -> AbstractContextManager[object]: ...


def driver_of(connection: Connection) -> DriverConnection:
    """Return the driver's own connection, in the midst of its transaction."""
    return cast(DriverConnection, connection.connection.driver_connection)


def has_unread_message(driver: DriverConnection) -> bool:
    """Return whether PostgreSQL has sent something unasked: the end of the connection, or why.

    Asks the operating system only. True as well for a connection that is closed here.
    """
    if driver.closed:
        return True
    arrivals = select.poll()
    arrivals.register(driver.fileno(), select.POLLIN)
    return bool(arrivals.poll(0))
