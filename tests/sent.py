"""Statements that the database receives: the ORM's, and those that the driver runs itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from app.database import connections, db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the statements that this thread sends to SQLite inside the block, without BEGIN."""
    db.session.rollback()
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        plain(statement)

    def plain(statement: str) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    driver = connections.current_connection().execute("SELECT 1").connection
    event.listen(db.engine, "before_cursor_execute", note)
    driver.set_trace_callback(plain)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        driver.set_trace_callback(None)
