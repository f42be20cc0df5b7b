"""Deadlines: a thread waits for the database no longer than its client does, or its worker may."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.database.write_lock import explicit_limit, serves_requests

REQUEST_SECONDS = 4.5
"""Seconds after its arrival in which a request may wait for the database."""
WORKER_SECONDS = 12.0
"""Seconds for which a statement of `secure-access worker` may wait for an answer.

Slightly longer than the limit that PostgreSQL itself applies (`app/database/engine.py`)."""
LEAST_SECONDS = 0.05
"""Shortest limit: to a database 0 would mean none."""


class _Thread(threading.local):
    ends_at: float | None = None


class _Process:
    longest: float | None = None


_thread = _Thread()
_process = _Process()


@contextmanager
def waiting_as_a_worker() -> Iterator[None]:
    """Limit each wait of this process for the database, inside the block."""
    _process.longest = WORKER_SECONDS
    try:
        yield
    finally:
        _process.longest = None


@contextmanager
def request_deadline() -> Iterator[None]:
    """Limit the waits of this thread for the database, all together, inside the block."""
    _thread.ends_at = time.monotonic() + REQUEST_SECONDS
    try:
        yield
    finally:
        _thread.ends_at = None


def time_left() -> float | None:
    """Return the seconds for which this thread may wait for the database; None without limit."""
    longest = REQUEST_SECONDS if serves_requests() else _process.longest
    if longest is None:
        return None
    limits = [longest]
    if _thread.ends_at is not None:
        limits.append(_thread.ends_at - time.monotonic())
    if (limit := explicit_limit()) is not None:
        # Slightly longer than the database's own limit, whose error is more precise.
        limits.append(limit + LEAST_SECONDS)
    return max(LEAST_SECONDS, min(limits))
