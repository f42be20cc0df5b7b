"""The one way to write: a change, its audit row and its mails commit together or not at all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self

from sqlalchemy import Connection, Dialect, event, text
from sqlalchemy.orm import Session

from app.database.driver import DriverConnection, driver_of
from app.database.engine import db
from app.database.write_lock import hold_write_lock
from app.metrics import Seconds

WRITING = "secure_access.writing"
"""Key of `session.info` with the OpenTransaction of `writing()`, while it is open."""
WAITS = Seconds(
    "database_wait",
    "Time until a transaction could begin to write, and until a unit of work was committed",
    "kind",
)


class OpenTransaction(NamedTuple):
    """The session's transaction that writes, as compiled statements use it.

    The session would look its connection up anew for each of them.
    """

    dialect: Dialect
    driver: DriverConnection

    @classmethod
    def on(cls, connection: Connection) -> Self:
        return cls(connection.dialect, driver_of(connection))


class NotWriting(RuntimeError):
    """A change was about to be made outside `writing()`."""


@contextmanager
def writing(connection: Connection | None = None) -> Iterator[Session]:
    """Open the transaction that writes, or join the one that is open.

    With a connection, which is in no transaction, it is opened there: an import's temporary tables
    belong to one connection. Raises RuntimeError where a transaction is open already.

    The outermost one commits at its end and rolls back when an exception leaves it. Rows that were
    read before it begins are read again when next touched, so that rules judge the present state.
    """
    session = db.session()
    if session.info.get(WRITING):
        if connection is not None:
            raise RuntimeError("a transaction is open on another connection")
        yield session
        return
    if session.in_transaction():
        session.commit()
    asked_at = time.perf_counter()
    with hold_write_lock(db.engine.dialect.name):
        opened = session.connection(
            bind_arguments={"bind": connection} if connection is not None else None,
            execution_options={"begin_immediate": True},
        )
        WAITS.observe(time.perf_counter() - asked_at, "transaction")
        session.info[WRITING] = OpenTransaction.on(opened)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(WRITING, None)


def is_writing() -> bool:
    """Return whether the present work has a transaction open that writes."""
    sessions = db.session.registry
    return sessions.has() and WRITING in sessions().info


def require_writing(session: Session) -> None:
    """Raise NotWriting unless the session's transaction is one that writes."""
    if not session.info.get(WRITING):
        raise NotWriting("changes are made inside writing()")


def without_time_limit(session: Session) -> None:
    """Lift PostgreSQL's statement limit for the rest of this transaction (imports, reports)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))


@event.listens_for(db.session, "before_flush")
def _refuse_stray_changes(session: Session, _context: object, _instances: object) -> None:
    require_writing(session)
