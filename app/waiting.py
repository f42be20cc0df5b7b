"""On SQLite a process runs one program's request at a time, save while that one waits.

SQLite answers within microseconds, and its driver lets go of the interpreter's lock at each
statement: another thread takes it, and passing it on costs more than the statement does. So a
request keeps its turn until it has its answer. Where it may wait for long (for another writer, the
disk, an outgoing call) it lets others go on. A PostgreSQL is always waited for, so there each
thread goes on as it can.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from flask import Flask

from app.settings import AppSettings

_KEY = "secure_access.one_at_a_time"
_TURN = threading.Lock()
_AT_WORK: list[None] = []
"""One entry for each request that has its turn or is to have it: a list, as its ends are atomic."""


class _Present(threading.local):
    at_work = False
    has_turn = False


_present = _Present()


def install(app: Flask, settings: AppSettings) -> None:
    app.extensions[_KEY] = settings.database_url.startswith("sqlite")


def in_turn(app: Flask) -> AbstractContextManager[None]:
    """For a request of a program: after the others of this process, where it stands on SQLite."""
    return _in_turn() if app.extensions[_KEY] else nullcontext()


def at_work() -> bool:
    """Whether this thread is inside `in_turn`."""
    return _present.at_work


def others_at_work() -> bool:
    return len(_AT_WORK) > _present.at_work


@contextmanager
def waiting() -> Iterator[None]:
    """Around what may take long without needing the interpreter: others have their turn.

    Nobody may hold a lock of his own meanwhile that another one waits for in his turn.
    """
    if not _present.has_turn:
        yield
        return
    _present.has_turn = False
    _TURN.release()
    try:
        yield
    finally:
        _TURN.acquire()
        _present.has_turn = True


def acquired(lock: threading.Lock, *, timeout: float = -1) -> bool:
    """Takes the lock, letting others have their turn if it is not free; False after `timeout`."""
    if lock.acquire(blocking=False):
        return True
    with waiting():
        return lock.acquire(timeout=timeout)


@contextmanager
def _in_turn() -> Iterator[None]:
    _AT_WORK.append(None)
    _present.at_work = True
    try:
        with _TURN:
            _present.has_turn = True
            try:
                yield
            finally:
                _present.has_turn = False
    finally:
        _present.at_work = False
        _AT_WORK.pop()
