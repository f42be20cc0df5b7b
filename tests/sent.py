"""Statements that the database receives: the ORM's, and those that the driver runs itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from app.database import connections, db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the statements that SQLite executes inside the block, without BEGIN and COMMIT."""
    db.session.rollback()
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        plain(statement)

    def plain(statement: str) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            sent.append(statement)

    def watch(driver: sqlite3.Connection, _record: object) -> None:
        driver.set_trace_callback(plain)

    # Compiled statements are executed on connections that are detached from the pool.
    connections.connections().close()
    event.listen(db.engine, "detach", watch)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        event.remove(db.engine, "detach", watch)
        connections.connections().close()
