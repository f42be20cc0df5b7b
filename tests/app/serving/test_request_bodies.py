"""Bodies of requests within a process's limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from app.serving import request_bodies as module
from app.serving.request_bodies import RequestBodies


class _Connection:
    """Keeps the statuses that were sent."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def response_bytes(self, status: int, _headers: Any, _body: bytes) -> None:
        self.statuses.append(status)

    def response_iter(self, status: int, _headers: Any, _body: Any) -> None:
        self.statuses.append(status)


class _Meanwhile:
    """A body during whose reading something else happens."""

    def __init__(self, body: bytes, event: Any) -> None:
        self.body = body
        self.event = event

    def read(self, _size: int) -> bytes:
        self.event()
        return self.body


def _environ(body: bytes, length: int | None = None) -> dict[str, Any]:
    return {
        "CONTENT_LENGTH": str(len(body) if length is None else length),
        "wsgi.input": BytesIO(body),
    }


def test_request_bodies_receive_puts_the_whole_body_in_the_input() -> None:
    environ = _environ(b"token=abc")
    assert RequestBodies(largest=100, seconds=20).receive(_Connection(), environ) is not None
    assert environ["wsgi.input"].read() == b"token=abc"


def test_request_bodies_receive_returns_none_for_a_body_shorter_than_declared() -> None:
    assert (
        RequestBodies(largest=100, seconds=20).receive(_Connection(), _environ(b"tok", 9)) is None
    )


def test_request_bodies_receive_reads_nothing_of_a_body_longer_than_the_limit() -> None:
    environ = _environ(b"x" * 101)
    assert RequestBodies(largest=100, seconds=20).receive(_Connection(), environ) is not None
    assert environ["wsgi.input"].read() == b""


def test_request_bodies_ends_the_oldest_where_their_bytes_exceed_the_limit(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10)
    bodies, oldest, newest = RequestBodies(largest=100, seconds=20), _Connection(), _Connection()
    environ = _environ(b"12345678")
    environ["wsgi.input"] = _Meanwhile(
        b"12345678", lambda: bodies.receive(newest, _environ(b"12345678"))
    )
    assert bodies.receive(oldest, environ) is None
    assert (oldest.statuses, newest.statuses) == ([408], [])


def test_request_bodies_release_makes_room_for_the_next(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10)
    bodies = RequestBodies(largest=100, seconds=20)

    def receive(_number: int) -> list[int]:
        connection = _Connection()
        number = bodies.receive(connection, _environ(b"1"))
        assert number is not None
        bodies.release(number)
        return connection.statuses

    with ThreadPoolExecutor(8) as threads:
        assert all(statuses == [] for statuses in threads.map(receive, range(200)))
