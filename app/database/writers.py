"""Waiting to write: turns among the threads of this process, and limits on every wait.

On SQLite one transaction writes at a time. The threads of a process take turns; against other
processes the one with the turn waits for SQLite's own lock. A command may wait for long. A request
may not: its client gets 503 and comes again (`REQUEST_SECONDS`). Once a lock could not be had, the
requests that follow hardly wait, until one of them has it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

COMMAND_SECONDS = 30.0
REQUEST_SECONDS = 2.0
PROBE_SECONDS = 0.4
"""Of a check of readiness, which answers within a second."""
LOCKED_SECONDS = 0.1

_TURN = threading.Lock()


class DatabaseBusy(SQLAlchemyError):
    """Another transaction writes, and did not end in time. Nothing was done."""


class _Waiting:
    """`seconds` is what this process allows; `locked` whether the last wait was in vain."""

    seconds = COMMAND_SECONDS
    locked = False


class _Thread(threading.local):
    seconds: float | None = None


_process = _Waiting()
_thread = _Thread()


def wait_as_a_server() -> None:
    """From now on this process answers requests, and waits no longer than they may."""
    _process.seconds = REQUEST_SECONDS


def serves_requests() -> bool:
    """Whether this process answers requests."""
    return _process.seconds < COMMAND_SECONDS


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Limit what this thread waits for inside."""
    _thread.seconds = seconds
    try:
        yield
    finally:
        _thread.seconds = None


def own_limit() -> float | None:
    """Return the limit of this thread, where it has one of its own."""
    return _thread.seconds


def patience() -> float:
    """Return the seconds for which this thread may wait for a lock now."""
    if _process.locked:
        return LOCKED_SECONDS
    return _process.seconds if _thread.seconds is None else _thread.seconds


@contextmanager
def turn_to_write(dialect: str) -> Iterator[None]:
    """Lets one after the other write. Raises DatabaseBusy."""
    if dialect != "sqlite":
        yield
        return
    take_turn()
    try:
        yield
    finally:
        give_turn()


def take_turn() -> None:
    """Waits for the turn. Raises DatabaseBusy.

    SQLite itself would let the others ask again and again, in no order.
    """
    if not _TURN.acquire(blocking=False) and not _TURN.acquire(timeout=patience()):
        raise DatabaseBusy("no turn to write")


def give_turn() -> None:
    """Any thread may give what another has taken."""
    _TURN.release()


def begin_immediate(driver: Any, known: dict[str, Any]) -> None:
    """Begin a transaction that writes on a connection of SQLite's driver. Raises its errors.

    `known` is kept with the connection: the limit that was set on it before.
    """
    seconds = patience()
    if known.get("busy_timeout") != seconds:
        driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        known["busy_timeout"] = seconds
    begun = time.monotonic()
    try:
        driver.execute("BEGIN IMMEDIATE")
    except Exception:
        # A wait that was cut short, for a check of readiness, says nothing to others.
        if serves_requests() and time.monotonic() - begun > REQUEST_SECONDS / 2:
            _process.locked = True
        raise
    _process.locked = False
