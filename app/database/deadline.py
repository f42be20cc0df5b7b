"""Deadlines of requests: a thread waits for the database no longer than its client does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.database.write_lock import explicit_limit, serves_requests

REQUEST_SECONDS = 4.5
"""Seconds after its arrival in which a request may wait for the database."""
LEAST_SECONDS = 0.05
"""Shortest limit: to a database 0 would mean none."""


class _Thread(threading.local):
    ends_at: float | None = None


_thread = _Thread()


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
    if not serves_requests():
        return None
    limits = [REQUEST_SECONDS]
    if _thread.ends_at is not None:
        limits.append(_thread.ends_at - time.monotonic())
    if (limit := explicit_limit()) is not None:
        # Slightly longer than the database's own limit, whose error is more precise.
        limits.append(limit + LEAST_SECONDS)
    return max(LEAST_SECONDS, min(limits))
