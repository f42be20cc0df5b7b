"""One connection of the driver's own for each thread, kept from request to request.

`plain.py` runs its statements here. Between transactions the connection commits each statement by
itself, so that nothing is read from an old snapshot. It lies outside SQLAlchemy's pool, made and
set up by the engine like all others, and goes when the engine is disposed of.

What a thread writes it writes here too; on SQLite on the connection that writes for all
(`together.py`), which is the thread's own for as long.
"""

from __future__ import annotations

import threading
from weakref import WeakSet

from flask import Flask
from sqlalchemy import Engine, event

from app.database.line import Line
from app.database.together import Group, Together
from app.present import part
from app.waiting import at_work

_KEY = "secure_access.held_connections"


class _Lines(threading.local):
    own: Line | None = None
    writing: Line | None = None


class _Parts(threading.local):
    """The groups that parts of this thread's request are in, and whether it is inside one."""

    def __init__(self) -> None:
        self.unsettled: list[tuple[Together, Group]] = []
        self.inside = False


_parts = _Parts()


class HeldConnections:
    """The threads' connections to one database. One goes with its thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lines = _Lines()
        self._all: WeakSet[Line] = WeakSet()
        self._together = Together(self._new()) if engine.dialect.name == "sqlite" else None
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def present(self) -> Line:
        """This thread's, which sees what the thread has written."""
        line = self._lines.writing
        if line is not None:
            return line
        if _parts.unsettled:
            settle()
        line = self._lines.own
        if line is None:
            line = self._lines.own = self._new()
        return line

    def begin(self) -> Group | None:
        """A transaction that writes, on what is the present connection until its end."""
        if self._together is None:
            line, group = self.present(), None
            line.begin()
        else:
            group, line = self._together.enter(), self._together.line
            _parts.inside = True
        self._lines.writing = line
        return group

    def commit(self, group: Group | None) -> None:
        """Its end. At work for a program, the thread settles it when there is an answer."""
        self._end()
        if self._together is None or group is None:
            self.present().commit()
            return
        self._together.leave(group)
        _parts.unsettled.append((self._together, group))
        if not at_work():
            settle()

    def rollback(self, group: Group | None) -> None:
        self._end()
        if self._together is None or group is None:
            self.present().rollback()
        else:
            self._together.undo(group)

    def _end(self) -> None:
        self._lines.writing = None
        _parts.inside = False

    def _new(self) -> Line:
        line = Line(self._engine)
        self._all.add(line)
        return line

    def close(self) -> None:
        for line in list(self._all):
            line.close()


def install(app: Flask, engine: Engine) -> None:
    app.extensions[_KEY] = HeldConnections(engine)
    # Whatever became of a request, its parts are not left open.
    app.teardown_appcontext(lambda _error: settle())


def connections() -> HeldConnections:
    held: HeldConnections = part(_KEY)
    return held


def present() -> Line:
    """The present thread's connection."""
    return connections().present()


def settle() -> None:
    """What this thread has written is on disk now; not while it is inside another part, which
    comes before what it writes next. Raises NotCommitted.
    """
    while _parts.unsettled and not _parts.inside:
        together, group = _parts.unsettled.pop()
        together.settle(group)
