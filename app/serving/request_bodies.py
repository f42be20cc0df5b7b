"""Request bodies, received completely before the request takes one of the few slots.

The server reads a body on the request's own thread, and such a read cannot be cancelled. A
late body is therefore ended by another thread: it closes the connection, and the read returns.
"""

from __future__ import annotations

import itertools
import threading
import time
from io import BytesIO
from typing import Any, NamedTuple, Protocol

import structlog

from app.serving.limits import MAX_BODIES, MAX_BODY_BYTES

Environ = dict[str, Any]
log = structlog.get_logger()
_LATE = b"The request was not received in time.\n"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Connection(Protocol):
    """The server's side of one request; of several responses only the first one is sent."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_iter(
        self, status: int, headers: list[tuple[str, str]], body: _ClosableIterator
    ) -> None: ...


def is_chunked_form(environ: Environ) -> bool:
    """Return whether the request is a form sent in chunks, without its length.

    The server does not say whether the last chunk came or the connection broke off, and the
    beginning of a form is a form. JSON and tokens that are cut off are refused for their syntax.
    """
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    return environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() in _FORMS


def close_with_timeout(connection: Connection) -> None:
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
    connection.response_iter(408, headers, _ClosableIterator([_LATE]))


class _ClosableIterator:
    """An iterator that can be closed, as the server wants it."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.__next__ = iter(chunks).__next__

    def close(self) -> None:
        """Do nothing: no resource is open."""


class _PendingBody(NamedTuple):
    connection: Connection
    deadline: float


class RequestBodies:
    """The bodies that one process receives and keeps, within its limits.

    `receive` receives a request's body. While more are pending than there is room for, the one that
    has taken longest is ended: bodies of well-behaved clients take milliseconds.
    """

    def __init__(self, *, largest: int, seconds: float) -> None:
        self._largest = largest
        self._seconds = seconds
        # Each change is one atomic operation of a dictionary. With a lock, threads would wait for
        # each other in every request.
        self._numbers = itertools.count()
        self._pending: dict[int, _PendingBody] = {}
        """By the request's number, the oldest first."""
        self._kept: dict[int, int] = {}
        """Bytes, of pending bodies as well."""
        self._has_pending = threading.Event()

    def watch(self) -> None:
        """Start the thread that ends the bodies that are late."""
        threading.Thread(target=self._end_late_bodies, name="late bodies", daemon=True).start()

    def receive(self, connection: Connection, environ: Environ) -> int | None:
        """Put the whole body in `wsgi.input` and return its number; None if it was not received.

        `release` must follow with the number once the request has been answered.
        """
        number = next(self._numbers)
        declared = environ.get("CONTENT_LENGTH")
        length = int(declared) if declared else self._largest
        if length == 0 or length > self._largest:
            # Too long: the application refuses it for its length, and nothing of it is read.
            environ["wsgi.input"] = BytesIO()
            return number
        received = False
        self._begin(number, connection, length)
        try:
            # One byte more than the longest shows the application that the body is longer.
            body = environ["wsgi.input"].read(length if declared else length + 1)
            environ["wsgi.input"] = BytesIO(body)
            # A client that disconnected sent a part of the body: the request is not acted on.
            received = self._end(number) and not (declared and len(body) < length)
        finally:
            if not received:
                self._end(number)
                self.release(number)
        return number if received else None

    def release(self, number: int) -> None:
        """Make room for other bodies: this request has been answered."""
        self._kept.pop(number, None)

    def _begin(self, number: int, connection: Connection, size: int) -> None:
        self._kept[number] = size
        self._pending[number] = _PendingBody(connection, time.monotonic() + self._seconds)
        # After the body is pending: the thread that ends late ones clears it before it looks.
        if not self._has_pending.is_set():
            self._has_pending.set()
        if len(self._pending) > MAX_BODIES or sum(list(self._kept.values())) > MAX_BODY_BYTES:
            self._end_oldest()

    def _end_oldest(self) -> None:
        for number, pending in list(self._pending.items()):
            if self._end(number):
                log.warning("connection closed", reason="too many bodies are being received")
                close_with_timeout(pending.connection)
                return

    def _end(self, number: int) -> bool:
        """Return whether this call was the first to end it."""
        return self._pending.pop(number, None) is not None

    def _end_late_bodies(self) -> None:
        while True:
            self._has_pending.wait()
            for pending in self._late():
                log.info("connection closed", reason="the body was not received in time")
                close_with_timeout(pending.connection)
            time.sleep(min(1.0, self._seconds / 4))

    def _late(self) -> list[_PendingBody]:
        self._has_pending.clear()
        now = time.monotonic()
        pending = list(self._pending.items())
        late = [each for number, each in pending if each.deadline <= now and self._end(number)]
        if self._pending:
            self._has_pending.set()
        return late
