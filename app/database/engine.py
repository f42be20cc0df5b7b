"""Engines as the two databases want them."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import scoped_session

from app.database.base import Base
from app.database.driver import DriverConnection, driver_of, has_unread_message
from app.database.write_lock import (
    COMMAND_SECONDS,
    begin_immediate,
    explicit_limit,
    serves_requests,
)
from app.settings import AppSettings, settings

POSTGRESQL_LIMITS = "-c statement_timeout=10000 -c lock_timeout=5000 -c timezone=UTC"
POSTGRESQL_LIMITS_OF_REQUESTS = "-c statement_timeout=4000 -c lock_timeout=3500 -c timezone=UTC"
POOL_SECONDS = 2
CACHE_KIB = 1024
"""Pages of the SQLite file that a connection keeps, half of SQLite's default: a server has a dozen
connections or more, and the system keeps the file's pages for all of them."""


class CurrentSession(scoped_session[Session]):
    """The session of a request or of a pass of the worker."""

    def remove(self) -> None:
        """End the session, without an error if its connection was lost.

        The database has rolled back what was not committed. An error here would replace a response
        that is complete, or end the worker.
        """
        try:
            super().remove()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self.registry.clear()


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with sessions that survive the loss of their connection."""

    def _make_scoped_session(self, options: dict[str, object]) -> scoped_session[Session]:
        made = super()._make_scoped_session(options)
        return CurrentSession(made.session_factory, made.registry.scopefunc)


db = Database(metadata=Base.metadata, disable_autonaming=True)


def bind(app: Flask) -> None:
    """Bind the application to its database. Opens no connection."""
    chosen = settings()
    app.config["SQLALCHEMY_DATABASE_URI"] = chosen.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(chosen)
    db.init_app(app)
    if db.engine.dialect.name == "sqlite":
        _prepare_sqlite(db.engine)
    else:
        _prepare_postgresql(db.engine)


def restrict_files() -> None:
    """Take from others what an older version let them read: the SQLite file and its log files."""
    name = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not name:
        return
    for path in (Path(f"{name}{suffix}") for suffix in ("", "-wal", "-shm")):
        with suppress(OSError):
            path.chmod(path.stat().st_mode & ~0o077)


def _engine_options(chosen: AppSettings) -> dict[str, object]:
    if chosen.database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": COMMAND_SECONDS, "check_same_thread": False}}
    serves = serves_requests()
    return {
        "pool_size": chosen.threads,
        "max_overflow": 2,
        "connect_args": {"options": POSTGRESQL_LIMITS_OF_REQUESTS if serves else POSTGRESQL_LIMITS},
        **({"pool_timeout": POOL_SECONDS} if serves else {}),
    }


def _prepare_sqlite(engine: Engine) -> None:
    """Set write-ahead log, durable commits, foreign keys and explicit transactions.

    SQLite upgrades a deferred transaction to a writing one only if nobody wrote meanwhile; a
    transaction that will write therefore begins as one (`BEGIN IMMEDIATE`) and waits.
    """

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(COMMAND_SECONDS * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("begin_immediate", False):
            try:
                begin_immediate(driver_of(connection), connection.info)
            except sqlite3.Error as error:
                raise OperationalError("BEGIN IMMEDIATE", None, error) from error
        else:
            connection.exec_driver_sql("BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    """End the waits of requests, and those of a check of readiness sooner.

    A connection that the server has ended meanwhile is replaced as it is taken from the pool. Only
    one on which something has arrived is asked, which spares each transaction a round trip.
    """

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: object, _record: object, arguments: list[str], parameters: dict[str, str]
    ) -> object:
        from app.database import postgresql

        return postgresql.connect(*arguments, **parameters)

    @event.listens_for(engine, "checkout")
    def _check_out(driver: DBAPIConnection, _record: object, _fairy: object) -> None:
        if has_unread_message(cast(DriverConnection, driver)) and not _answers(engine, driver):
            raise DisconnectionError("the server has ended the connection")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        limit = explicit_limit()
        if limit is not None:
            milliseconds = int(limit * 1000)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")


def _answers(engine: Engine, driver: DBAPIConnection) -> bool:
    try:
        return engine.dialect.do_ping(driver)
    except engine.dialect.loaded_dbapi.Error:
        return False
