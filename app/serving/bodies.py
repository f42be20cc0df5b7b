"""Bodies of requests: received whole before the request takes one of the few places at work.

The server reads a body on the request's own thread, and such a read cannot be given up. A body that
is late is therefore ended from outside: its connection is closed, and the read comes back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

import structlog

from app.serving.limits import MAX_BODIES, MAX_BODY_BYTES

Environ = dict[str, Any]
log = structlog.get_logger()
_LATE = b"The request was not received in time.\n"


class Connection(Protocol):
    """The server's side of one request; of several responses only the first one is sent."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None: ...


def close(connection: Connection) -> None:
    """Answer 408 and close the connection, though the request has not been received.

    The server closes a connection when a response is shorter than its Content-Length says. With a
    complete response it would go on waiting for the rest of the request.
    """
    headers = [
        ("Content-Type", "text/plain"),
        ("Cache-Control", "no-store"),
        ("Content-Length", str(len(_LATE) + 1)),
        ("Connection", "close"),
    ]
    connection.response_iter(408, headers, _Chunks([_LATE]))


class _Chunks:
    """An iterator that can be closed, as the server wants it."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.__next__ = iter(chunks).__next__

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True)
class _Pending:
    connection: Connection
    deadline: float


class Bodies:
    """The bodies that one process receives and keeps, within its limits.

    `keep` receives a request's body. While more are pending than there is room for, the one that
    has taken longest is ended: bodies of well-behaved clients take milliseconds.
    """

    def __init__(self, *, largest: int, seconds: float) -> None:
        self._largest = largest
        self._seconds = seconds
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        """By the request's number, the oldest first."""
        self._kept_bytes = 0
        self._number = 0
        self._some = threading.Event()

    def watch(self) -> None:
        """Start the thread that ends the bodies that are late."""
        threading.Thread(target=self._end_late_ones, name="late bodies", daemon=True).start()

    @contextmanager
    def keep(self, connection: Connection, environ: Environ) -> Iterator[bool]:
        """Put the whole body in `wsgi.input`, and yield whether there is a request to answer."""
        declared = environ.get("CONTENT_LENGTH")
        size = min(int(declared), self._largest) if declared else self._largest
        if size == 0 or (declared and int(declared) > self._largest):
            # Too long: the application refuses it for its length, and nothing of it is read.
            environ["wsgi.input"] = BytesIO()
            yield True
            return
        number = self._begin(connection, size)
        try:
            # One byte more than the longest shows the application that the body is longer.
            body = environ["wsgi.input"].read(size if declared else size + 1)
            in_time = self._end(number)
            environ["wsgi.input"] = BytesIO(body)
            # Of a client that has gone half of the body has come: not what it wanted done.
            yield in_time and not (declared and len(body) < size)
        finally:
            self._end(number)
            with self._lock:
                self._kept_bytes -= size

    def _begin(self, connection: Connection, size: int) -> int:
        with self._lock:
            self._number += 1
            number = self._number
            self._kept_bytes += size
            self._pending[number] = _Pending(connection, time.monotonic() + self._seconds)
            full = len(self._pending) > MAX_BODIES or self._kept_bytes > MAX_BODY_BYTES
            oldest = self._pending.pop(next(iter(self._pending))) if full else None
        self._some.set()
        if oldest is not None:
            log.warning("connection closed", reason="too many bodies are being received")
            close(oldest.connection)
        return number

    def _end(self, number: int) -> bool:
        """Return whether this call was the first to end it."""
        with self._lock:
            return self._pending.pop(number, None) is not None

    def _end_late_ones(self) -> None:
        while True:
            self._some.wait()
            for pending in self._late():
                log.info("connection closed", reason="the body was not received in time")
                close(pending.connection)
            time.sleep(min(1.0, self._seconds / 4))

    def _late(self) -> list[_Pending]:
        now = time.monotonic()
        with self._lock:
            numbers = [number for number, each in self._pending.items() if each.deadline <= now]
            late = [self._pending.pop(number) for number in numbers]
            if not self._pending:
                self._some.clear()
        return late
