"""Slow clients against one served process, over sockets: heads, bodies, chunks and readers."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from flask import Flask

from approvals.settings import Settings
from tests.identity.oidc import signing_keys
from tests.identity.oidc.served import Served, serving
from tests.servers import ports

pytestmark = pytest.mark.usefixtures("processes")

HELD = 200
LARGE, REPEATED = b"/static/vendor/govuk-frontend/govuk-frontend.min.css", 60
"""More than the kernel's buffers hold of a connection."""
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def _open(served: Served, raw: bytes) -> socket.socket:
    connection = socket.create_connection((ports.HOST, served.port), timeout=30)
    connection.sendall(raw)
    return connection


def _request(served: Served, line: bytes, headers: bytes = b"") -> bytes:
    host = f"Host: localhost:{served.port}\r\n".encode()
    return line + b" HTTP/1.1\r\n" + host + headers


@pytest.fixture
def served(app_settings: Settings, app: Flask) -> Iterator[Served]:
    signing_keys.ready()
    with serving(app_settings, workers=1) as one:
        yield one


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_slow_clients_delay_no_other_request(served: Served) -> None:
    length, chunked = b"Content-Length: 1000\r\n\r\na=", b"Transfer-Encoding: chunked\r\n\r\n"
    kinds = {
        "heads": _request(served, b"GET /sign-in", b"X-Slow: "),
        "bodies of a page": _request(served, b"POST /sign-in", FORM + length),
        "bodies of an endpoint": _request(served, b"POST /token", FORM + length),
        "chunks": _request(served, b"POST /token", FORM + chunked + b"1\r\na\r\n"),
        "a body where none belongs": _request(served, b"GET /healthz", length),
    }
    held = []
    for raw in kinds.values():
        held += [_open(served, raw) for _ in range(HELD // len(kinds))]
    try:
        with httpx.Client(base_url=served.issuer, timeout=5, trust_env=False) as client:
            for path, status in (
                ("/healthz", 200),
                ("/readyz", 200),
                ("/.well-known/openid-configuration", 200),
                ("/sign-in", 303),
            ):
                begun = time.monotonic()
                assert client.get(path).status_code == status, path
                assert time.monotonic() - begun < 1, path
            refused = client.post("/token", data={"grant_type": "client_credentials"})
            assert refused.status_code == 401
    finally:
        for connection in held:
            connection.close()


SHORT = """
import sys
from app.serving import limits
limits.HEAD_SECONDS, limits.BODY_SECONDS, limits.RESPONSE_SECONDS = 1, 2, 1
limits.MAX_BODIES, limits.MAX_WAITING = 3, 1
from wsgi import cli
sys.argv[0] = "secure-access"
cli()
"""
"""`secure-access` with limits that a test need not wait for."""


@pytest.fixture
def impatient(app_settings: Settings, app: Flask) -> Iterator[Served]:
    signing_keys.ready()
    program = [sys.executable, "-c", SHORT]
    with serving(app_settings, workers=1, program=program, SECURE_ACCESS_THREADS="1") as one:
        yield one


def _is_held(served: Served, client: socket.socket) -> bool:
    """Whether the server's end of this connection is open (proc(5), `/proc/net/tcp`)."""
    pair = [f"{served.port:04X}", f"{client.getsockname()[1]:04X}", "01"]
    rows = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return pair in [[row[0][-4:], row[1][-4:], row[2]] for row in rows]


def _ends(connection: socket.socket) -> bytes:
    """Return the bytes that arrive until the connection ends."""
    got = b""
    with connection, suppress(ConnectionError):
        while part := connection.recv(65_536):
            got += part
    return got


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_slow_connection_is_closed(impatient: Served, request: pytest.FixtureRequest) -> None:
    length, chunked = b"Content-Length: 9\r\n\r\na", b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    head = _open(impatient, _request(impatient, b"GET /sign-in", b"X-Slow: "))
    body = _open(impatient, _request(impatient, b"POST /token", FORM + length))
    chunks = _open(impatient, _request(impatient, b"POST /token", FORM + chunked))
    begun = time.monotonic()
    assert _ends(head) == b""
    assert time.monotonic() - begun == pytest.approx(1, abs=0.95)
    for connection in (body, chunks):
        assert _ends(connection)[:13] in {b"HTTP/1.1 408 ", b""}
        assert 1.5 < time.monotonic() - begun < 4
    # Last: the limit on responses is set on the listening socket just after it opens.
    reader = socket.socket()
    request.addfinalizer(reader.close)
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    reader.connect((ports.HOST, impatient.port))
    reader.sendall(_request(impatient, b"GET " + LARGE, b"\r\n") * REPEATED)
    assert _is_held(impatient, reader)
    ports.wait_until(lambda: not _is_held(impatient, reader), seconds=10, what="the reader is gone")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bodies_above_the_limit_end_the_slowest_one(
    impatient: Served,
) -> None:
    raw = _request(impatient, b"POST /token", FORM + b"Content-Length: 9\r\n\r\na")
    held = [_open(impatient, raw) for _ in range(4)]
    ended, _, _ = select.select(held, [], [], 1.5)
    assert len(ended) == 1
    for connection in held:
        connection.close()
