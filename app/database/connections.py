"""Connections of the driver's own, one for each piece of work, kept from one to the next.

`compiled.py` runs its statements here. Between transactions a connection commits each statement by
itself, so that nothing is read from an old snapshot. They lie outside SQLAlchemy's pool, made and
set up by the engine like all others, and go when the engine is disposed of.

A thread gives its connection back when its work is over. Python 3.11 crashes when a thread that
another program made (granian's do) ends with a connection of its own: SQLite's driver comes back to
Python while Python takes the thread apart (gh-119585).

A thread writes on its own connection; on SQLite meanwhile on the one that writes for all
(`group_commit.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import Dialect, Engine, event

from app.context import extension
from app.database.dbapi_connection import DbapiConnection
from app.database.group_commit import CommitGroup, GroupCommit, NotCommitted, Rows

_KEY = "secure_access.held_connections"

log = structlog.get_logger()


class _Lines(threading.local):
    own: DbapiConnection | None = None


class _ThreadState(threading.local):
    """State of the thread's writing.

    Whether it is inside a transaction of its own or a part of a group's, the group that it has
    entered, the rows that the part adds at its end, and the groups that it has written to and that
    are not committed.
    """

    def __init__(self) -> None:
        self.inside = False
        self.entered: CommitGroup | None = None
        self.rows: Rows = {}
        self.unsettled: list[tuple[GroupCommit, CommitGroup]] = []
        self.settles_later = False


_present = _ThreadState()


class DriverConnections:
    """The connections to one database: as many as there was work at once."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self._engine = engine
        self._lines = _Lines()
        self._all: list[DbapiConnection] = []
        self._free: list[DbapiConnection] = []
        self._together = GroupCommit(self._new()) if engine.dialect.name == "sqlite" else None
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def present(self) -> DbapiConnection:
        """Return the thread's connection, which sees what the thread has written."""
        if _present.inside and self._together is not None:
            if _present.entered is None:
                _present.entered = self._together.enter()
            return self._together.line
        if _present.unsettled:
            flush_group()
        return self._own()

    def begin(self) -> None:
        """Begin a transaction that writes, on the present connection until its end."""
        if self._together is None:
            self._own().begin()
        _present.inside = True

    def add_in_the_end(self, statement: str, parameters: Any) -> None:
        """Add a row at the end of the transaction; the transaction must not read it."""
        if self._together is None:
            self._own().execute(statement, parameters)
        else:
            _present.rows.setdefault(statement, []).append(parameters)

    def commit(self) -> None:
        """End the transaction; it is settled unless `flushed_at_end`."""
        entered, rows = self._end()
        if self._together is None:
            self._own().commit()
            return
        if entered is not None:
            self._together.leave(entered, rows)
            _present.unsettled.append((self._together, entered))
        elif rows:
            _present.unsettled.append((self._together, self._together.add(rows)))
        if not _present.settles_later:
            flush_group()

    def rollback(self) -> None:
        entered, _ = self._end()
        if self._together is None:
            self._own().rollback()
        elif entered is not None:
            self._together.undo(entered)

    def _end(self) -> tuple[CommitGroup | None, Rows]:
        ended = _present.entered, _present.rows
        _present.inside, _present.entered, _present.rows = False, None, {}
        return ended

    def _own(self) -> DbapiConnection:
        line = self._lines.own
        if line is None:
            try:
                line = self._free.pop()
            except IndexError:
                line = self._new()
            self._lines.own = line
        return line

    def give_back(self) -> None:
        """Release this thread's connection for others. Must not run inside a transaction."""
        line = self._lines.own
        if line is not None and not _present.inside:
            self._lines.own = None
            self._free.append(line)

    def _new(self) -> DbapiConnection:
        line = DbapiConnection(self._engine)
        self._all.append(line)
        return line

    def close(self) -> None:
        for line in self._all:
            line.close()


def install(app: Flask, engine: Engine) -> None:
    """Add the connections to the application."""
    app.extensions[_KEY] = DriverConnections(engine)
    app.teardown_appcontext(_leave_nothing_open)


def _leave_nothing_open(_error: BaseException | None) -> None:
    """Release at the end of a request, whatever its result.

    Later work, such as the session's end, runs anyway.
    """
    try:
        flush_group()
    except NotCommitted:
        log.exception("parts of a request were lost")
    finally:
        connections().give_back()


def connections() -> DriverConnections:
    """Return the application's connections for compiled statements."""
    held: DriverConnections = extension(_KEY)
    return held


def current_connection() -> DbapiConnection:
    """Return the connection of the present thread."""
    return connections().present()


def in_transaction() -> bool:
    """Return whether this thread is inside a plain transaction that writes."""
    return _present.inside


def flush_group() -> None:
    """Commit what this thread has written. Raises NotCommitted.

    Does nothing inside another part, which comes before what the thread writes next.
    """
    lost = None
    while _present.unsettled and not _present.inside:
        together, group = _present.unsettled[-1]
        try:
            together.settle(group)
        except NotCommitted as error:
            lost = error
        _present.unsettled.pop()
    if lost is not None:
        raise lost


@contextmanager
def flushed_at_end() -> Iterator[None]:
    """Commit at the end of the block what this thread writes inside it.

    Raises NotCommitted.
    """
    _present.settles_later = True
    try:
        yield
    finally:
        _present.settles_later = False
        flush_group()
