"""The write lock: one thread of this process writes at a time, and every wait has a limit.

On SQLite one transaction writes at a time. The threads of a process share this lock; the thread
that holds it waits for SQLite's own lock, which processes share. A command may wait for long. A
request may not: its client gets 503 and tries again (`REQUEST_SECONDS`). After a wait in vain,
other requests wait `LOCKED_SECONDS` only, for a second or until one of them has the lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.database.driver import DriverConnection

COMMAND_SECONDS = 30.0
REQUEST_SECONDS = 3.5
PROBE_SECONDS = 0.4
"""Limit of a check of readiness, which answers within a second."""
LOCKED_SECONDS = 0.05
LOCKED_FOR_SECONDS = 1.0

_LOCK = threading.Lock()


class DatabaseBusy(SQLAlchemyError):
    """Another transaction writes, and did not end in time. Nothing was done."""


class _Waiting:
    """Limit on waiting for the write lock.

    `seconds` is what this process allows. After a wait in vain other threads hardly wait, until
    `locked_until`.
    """

    seconds = COMMAND_SECONDS
    locked_until = 0.0
    released_at = 0.0


class _Thread(threading.local):
    seconds: float | None = None


_process = _Waiting()
_thread = _Thread()


def wait_as_a_server() -> None:
    """Limit waits from now on: this process answers requests."""
    _process.seconds = REQUEST_SECONDS


def serves_requests() -> bool:
    """Return whether this process answers requests."""
    return _process.seconds < COMMAND_SECONDS


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Limit what this thread waits for inside."""
    before, _thread.seconds = _thread.seconds, seconds
    try:
        yield
    finally:
        _thread.seconds = before


def explicit_limit() -> float | None:
    """Return the limit of this thread, where it has one of its own."""
    return _thread.seconds


def wait_limit() -> float:
    """Return the seconds for which this thread may wait for a lock now."""
    if _process.locked_until > time.monotonic():
        return LOCKED_SECONDS
    return _process.seconds if _thread.seconds is None else _thread.seconds


@contextmanager
def hold_write_lock(dialect: str) -> Iterator[None]:
    """Let one thread or process write at a time. Raises DatabaseBusy."""
    if dialect != "sqlite":
        yield
        return
    acquire_write_lock()
    try:
        yield
    finally:
        release_write_lock()


def acquire_write_lock() -> None:
    """Wait for the write lock, as long as it changes hands. Raises DatabaseBusy.

    SQLite itself would let the others ask again and again, in no order.
    """
    if _LOCK.acquire(blocking=False):
        return
    begun = time.monotonic()
    while (left := max(begun, _process.released_at) + wait_limit() - time.monotonic()) > 0:
        if _LOCK.acquire(timeout=left):
            return
    raise DatabaseBusy("the write lock was not released in time")


def release_write_lock() -> None:
    """Release the lock; any thread may release what another has acquired."""
    _process.released_at = time.monotonic()
    _LOCK.release()


def begin_immediate(driver: DriverConnection, known: dict[str, object]) -> None:
    """Begin a transaction that writes on a connection of SQLite's driver. Raises its errors.

    `known` is kept with the connection: the limit that was set on it before.
    """
    seconds = wait_limit()
    if known.get("busy_timeout") != seconds:
        driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        known["busy_timeout"] = seconds
    begun = time.monotonic()
    try:
        driver.execute("BEGIN IMMEDIATE")
    except Exception:
        # A wait that was cut short, for a check of readiness, says nothing to others.
        if serves_requests() and time.monotonic() - begun > REQUEST_SECONDS / 2:
            _process.locked_until = time.monotonic() + LOCKED_FOR_SECONDS
        raise
    _process.locked_until = 0.0
