"""Connections of the driver's own on which compiled statements read, as many as work at once.

They are opened and set up by the engine like all others, kept outside SQLAlchemy's pool, whose
checks would cost a round trip for each statement, and closed when the engine is disposed of. Each
statement takes one that is free and returns it, so none belongs to a thread: Python 3.11 crashes
when a thread that the server made ends with a connection of its own (gh-119585).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Dialect, Engine, event

from app.context import PerApplication
from app.database.dbapi_connection import Bound, DbapiConnection
from app.database.driver import DriverRow
from app.database.engine import db


class DriverConnections:
    """The connections to one database."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self._engine = engine
        self._all: list[DbapiConnection] = []
        self._free: list[DbapiConnection] = []
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def read(self, queries: Sequence[Bound]) -> list[list[DriverRow]]:
        """Return the rows of each query. Raises the driver's errors."""
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._new()
        try:
            return connection.read(queries)
        finally:
            self._free.append(connection)

    def close(self) -> None:
        """Close all connections; they are opened again when next needed."""
        for connection in self._all:
            connection.close()

    def _new(self) -> DbapiConnection:
        connection = DbapiConnection(self._engine)
        self._all.append(connection)
        return connection


connections = PerApplication(
    "secure_access.driver_connections", lambda: DriverConnections(db.engine)
)
"""The application's connections for compiled statements."""
