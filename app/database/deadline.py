"""Deadlines of requests: a thread waits for the database no longer than its client does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.database.write_lock import explicit_limit, serves_requests

REQUEST_SECONDS = 4.5
"""Time from a request's arrival after which it waits for the database no longer."""
LEAST_SECONDS = 0.05


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
    """Return the seconds for which this thread may wait for the database now; None for ever."""
    if not serves_requests():
        return None
    limits = [REQUEST_SECONDS]
    if _thread.ends_at is not None:
        limits.append(_thread.ends_at - time.monotonic())
    if (limit := explicit_limit()) is not None:
        # The server's own limit ends the wait before, and says more.
        limits.append(limit + LEAST_SECONDS)
    return max(LEAST_SECONDS, min(limits))
