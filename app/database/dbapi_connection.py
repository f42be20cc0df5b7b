"""A connection of the driver's own, which plain statements run on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from sqlalchemy import Dialect, Engine

from app.database.write_lock import begin_immediate


class DbapiConnection:
    """For one thread at a time. Found broken before a transaction began, it is made anew."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self.writing = False
        self._engine = engine
        self._driver: Any = None
        self._known: dict[str, Any] = {}

    def execute(self, text: str, parameters: Any = ()) -> Any:
        """Execute the statement and return the driver's cursor. Raises the driver's errors."""
        try:
            return self._connected().execute(text, parameters)
        except self._errors() as error:
            if self.writing or not self._lost(error):
                raise
            self.close()
            return self._connected().execute(text, parameters)

    def execute_many(self, text: str, rows: list[Any]) -> None:
        """Execute the statement once for each row of parameters. Raises the driver's errors."""
        self._connected().executemany(text, rows)

    def begin(self) -> None:
        if self.dialect.name == "sqlite":
            begin_immediate(self._connected(), self._known)
        else:
            self.execute("BEGIN")
        self.writing = True

    def commit(self) -> None:
        try:
            self.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise
        self.writing = False

    def rollback(self) -> None:
        """Roll back, also after an error at which the database has rolled back by itself."""
        try:
            self.execute("ROLLBACK")
        except self._errors():
            self.close()
        finally:
            self.writing = False

    def close(self) -> None:
        driver, self._driver = self._driver, None
        self._known = {}
        if driver is not None:
            with suppress(Exception):
                driver.close()

    def _connected(self) -> Any:
        if self._driver is None:
            if self.writing:
                raise self._errors()("the connection was closed in the midst of a transaction")
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
