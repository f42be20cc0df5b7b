"""One connection of the driver's own for each thread, kept from request to request.

`plain.py` runs its statements here. Between transactions the connection commits each statement by
itself, so that nothing is read from an old snapshot. It lies outside SQLAlchemy's pool, made and
set up by the engine like all others, and goes when the engine is disposed of.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, cast
from weakref import WeakSet

from flask import Flask
from sqlalchemy import Dialect, Engine, event

from app.present import part

_KEY = "secure_access.held_connections"


class Line:
    """A thread's connection. Found broken before a transaction began, it is made anew."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self.writing = False
        self._engine = engine
        self._driver: Any = None
        self._begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"

    def execute(self, text: str, parameters: Any = ()) -> Any:
        """The driver's cursor. Raises the driver's errors."""
        try:
            return self._connected().execute(text, parameters)
        except self._errors() as error:
            if self.writing or not self._lost(error):
                raise
            self.close()
            return self._connected().execute(text, parameters)

    def begin(self) -> None:
        self.execute(self._begin)
        self.writing = True

    def commit(self) -> None:
        self.execute("COMMIT")
        self.writing = False

    def rollback(self) -> None:
        """Also after an error at which the database has rolled back by itself."""
        try:
            self.execute("ROLLBACK")
        except self._errors():
            self.close()
        finally:
            self.writing = False

    def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(Exception):
                driver.close()

    def __del__(self) -> None:
        self.close()

    def _connected(self) -> Any:
        if self._driver is None:
            connection = self._engine.raw_connection()
            connection.detach()
            self._driver = connection.dbapi_connection
            if self.dialect.name == "postgresql":
                self._driver.autocommit = True
        return self._driver

    def _errors(self) -> type[Exception]:
        return cast(type[Exception], self.dialect.loaded_dbapi.Error)

    def _lost(self, error: Exception) -> bool:
        return self.dialect.is_disconnect(cast(Any, error), self._driver, None)


class _Lines(threading.local):
    line: Line | None = None


class HeldConnections:
    """The threads' connections to one database. One goes with its thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lines = _Lines()
        self._all: WeakSet[Line] = WeakSet()
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def present(self) -> Line:
        """This thread's."""
        line = self._lines.line
        if line is None:
            line = self._lines.line = Line(self._engine)
            self._all.add(line)
        return line

    def close(self) -> None:
        for line in list(self._all):
            line.close()


def install(app: Flask, engine: Engine) -> None:
    app.extensions[_KEY] = HeldConnections(engine)


def present() -> Line:
    """The present thread's connection."""
    held: HeldConnections = part(_KEY)
    return held.present()
