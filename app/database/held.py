"""Connections of the driver's own, one for each piece of work, kept from one to the next.

`plain.py` runs its statements here. Between transactions a connection commits each statement by
itself, so that nothing is read from an old snapshot. They lie outside SQLAlchemy's pool, made and
set up by the engine like all others, and go when the engine is disposed of.

A thread gives its connection back when its work is over. Python 3.11 crashes when a thread that
another program made (granian's do) ends with a connection of its own: SQLite's driver comes back to
Python while Python takes the thread apart (gh-119585).

What a thread writes it writes here too; on SQLite on the connection that writes for all
(`together.py`), which is the thread's own for as long.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import Dialect, Engine, event

from app.database.line import Line
from app.database.together import Group, NotCommitted, Rows, Together
from app.present import part

_KEY = "secure_access.held_connections"

log = structlog.get_logger()


class _Lines(threading.local):
    own: Line | None = None


class _Present(threading.local):
    """What this thread is writing: whether it is inside a transaction that is one of its own or a
    part of a group's, the group that it has entered, the rows that the part adds in the end. And
    what it has written: the groups that are not settled.
    """

    def __init__(self) -> None:
        self.inside = False
        self.entered: Group | None = None
        self.rows: Rows = {}
        self.unsettled: list[tuple[Together, Group]] = []
        self.settles_later = False


_present = _Present()


class HeldConnections:
    """The connections to one database: as many as there was work at once."""

    def __init__(self, engine: Engine) -> None:
        self.dialect: Dialect = engine.dialect
        self._engine = engine
        self._lines = _Lines()
        self._all: list[Line] = []
        self._free: list[Line] = []
        self._together = Together(self._new()) if engine.dialect.name == "sqlite" else None
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def present(self) -> Line:
        """This thread's, which sees what the thread has written."""
        if _present.inside and self._together is not None:
            if _present.entered is None:
                _present.entered = self._together.enter()
            return self._together.line
        if _present.unsettled:
            settle()
        return self._own()

    def begin(self) -> None:
        """A transaction that writes, on what is the present connection until its end."""
        if self._together is None:
            self._own().begin()
        _present.inside = True

    def add_in_the_end(self, statement: str, parameters: Any) -> None:
        """Adds a row inside a transaction, which is not read before its end."""
        if self._together is None:
            self._own().execute(statement, parameters)
        else:
            _present.rows.setdefault(statement, []).append(parameters)

    def commit(self) -> None:
        """Its end, at which it is settled if not `settled_in_the_end`."""
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
            settle()

    def rollback(self) -> None:
        entered, _ = self._end()
        if self._together is None:
            self._own().rollback()
        elif entered is not None:
            self._together.undo(entered)

    def _end(self) -> tuple[Group | None, Rows]:
        ended = _present.entered, _present.rows
        _present.inside, _present.entered, _present.rows = False, None, {}
        return ended

    def _own(self) -> Line:
        line = self._lines.own
        if line is None:
            try:
                line = self._free.pop()
            except IndexError:
                line = self._new()
            self._lines.own = line
        return line

    def give_back(self) -> None:
        """This thread's connection is free for others; not amid a transaction."""
        line = self._lines.own
        if line is not None and not _present.inside:
            self._lines.own = None
            self._free.append(line)

    def _new(self) -> Line:
        line = Line(self._engine)
        self._all.append(line)
        return line

    def close(self) -> None:
        for line in self._all:
            line.close()


def install(app: Flask, engine: Engine) -> None:
    app.extensions[_KEY] = HeldConnections(engine)
    app.teardown_appcontext(_leave_nothing_open)


def _leave_nothing_open(_error: BaseException | None) -> None:
    """Whatever became of a request. What comes after this, as the session's end, comes anyway."""
    try:
        settle()
    except NotCommitted:
        log.exception("parts of a request were lost")
    finally:
        connections().give_back()


def connections() -> HeldConnections:
    held: HeldConnections = part(_KEY)
    return held


def present() -> Line:
    """The present thread's connection."""
    return connections().present()


def inside() -> bool:
    """Whether this thread is inside a plain transaction that writes."""
    return _present.inside


def settle() -> None:
    """What this thread has written is on disk now; not while it is inside another part, which
    comes before what it writes next. Raises NotCommitted.
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
def settled_in_the_end() -> Iterator[None]:
    """What this thread writes meanwhile is on disk at the end, so that it works on in between.

    Raises NotCommitted.
    """
    _present.settles_later = True
    try:
        yield
    finally:
        _present.settles_later = False
        settle()
