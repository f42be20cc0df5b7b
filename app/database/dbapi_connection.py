"""A connection of the driver's own, on which compiled statements are executed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from sqlalchemy import Dialect, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPIModule

from app.database.driver import (
    DriverConnection,
    DriverCursor,
    DriverRow,
    Parameters,
    has_unread_message,
)
from app.database.write_lock import begin_immediate

Bound = tuple[str, Parameters]
"""A statement's text and its parameters, as the driver takes them."""


class DbapiConnection:
    """For one thread at a time. Outside a transaction each statement is one by itself."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self.writing = False
        self._engine = engine
        self._driver: DriverConnection | None = None
        self._cursor: DriverCursor | None = None
        self._known: dict[str, object] = {}

    def read(self, queries: Sequence[Bound]) -> list[list[DriverRow]]:
        """Return the rows of each query, asked once more on a new connection if this one was lost.

        Raises the driver's errors.
        """
        try:
            return self._rows(queries)
        except self._errors() as error:
            lost = self._lost(error)
            if lost or len(queries) > 1:
                self.close()
            if not lost:
                raise
            return self._rows(queries)

    def write(self, statements: Sequence[Bound]) -> list[DriverRow]:
        """Execute statements in one transaction and one round trip, on PostgreSQL.

        Returns the one row of each, in order. They are sent once: after an error nobody knows
        whether the server has committed. A connection that the server has closed before is opened
        again. Raises the driver's errors.
        """
        if self._driver is not None and has_unread_message(self._driver):
            self.close()
        try:
            return [rows[0] for rows in self._pipelined(statements)]
        except self._errors():
            self.close()
            raise

    def begin(self) -> None:
        """Begin a transaction that writes, on SQLite. Raises the driver's errors."""
        begin_immediate(self._connected(), self._known)
        self.writing = True

    def execute(self, bound: Bound) -> DriverCursor:
        """Execute a statement of the transaction and return the driver's cursor."""
        return self._connected().execute(*bound)

    def execute_many(self, text: str, rows: Sequence[Parameters]) -> None:
        """Execute the statement once for each row of parameters. Raises the driver's errors."""
        self._connected().executemany(text, rows)

    def commit(self) -> None:
        """Commit the transaction. Raises the driver's errors."""
        self.execute(("COMMIT", ()))
        self.writing = False

    def rollback(self) -> None:
        """Roll back, also after an error at which the database has rolled back by itself."""
        try:
            self.execute(("ROLLBACK", ()))
        except self._errors():
            self.close()
        finally:
            self.writing = False

    def close(self) -> None:
        """Close the connection; the next statement outside a transaction opens another."""
        driver, self._driver, self._cursor = self._driver, None, None
        self._known = {}
        if driver is not None:
            with suppress(Exception):
                driver.close()

    def _rows(self, queries: Sequence[Bound]) -> list[list[DriverRow]]:
        if len(queries) == 1 or self.dialect.name == "sqlite":
            # One cursor for all queries: making one costs a tenth of a short query.
            cursor = self._cursor or self._connected().cursor()
            self._cursor = cursor
            return [cursor.execute(*bound).fetchall() for bound in queries]
        return self._pipelined(queries)

    def _pipelined(self, statements: Sequence[Bound]) -> list[list[DriverRow]]:
        """Return the rows of each statement; all of them are one transaction of PostgreSQL.

        The connection must be closed after an error: the server has skipped the statements behind
        the failed one, which the driver may count as prepared.
        """
        driver = self._connected()
        # One Sync is sent at the end of the block (PostgreSQL, 34.5.1.1 and 55.2.4).
        with driver.pipeline():
            cursors = [driver.execute(*bound) for bound in statements]
        return [cursor.fetchall() for cursor in cursors]

    def _connected(self) -> DriverConnection:
        if self._driver is None:
            if self.writing:
                raise self._errors()("the connection was closed in the midst of a transaction")
            connection = self._engine.raw_connection()
            connection.detach()
            driver = cast(DriverConnection, connection.dbapi_connection)
            self._driver = driver
            if self.dialect.name == "postgresql":
                driver.autocommit = True
                # Compiled statements find rows by key. A plan that was made while a table was small
                # is kept, and must not read the whole table when it has grown.
                driver.execute("SET enable_seqscan = off")
        return self._driver

    def _errors(self) -> type[DBAPIModule.Error]:
        return self.dialect.loaded_dbapi.Error

    def _lost(self, error: DBAPIModule.Error) -> bool:
        connection = cast(DBAPIConnection | None, self._driver)
        return self.dialect.is_disconnect(error, connection, None)
