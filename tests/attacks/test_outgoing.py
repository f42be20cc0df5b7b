"""Calls to addresses of others: group SS of the catalogue, against real servers."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.http_client import MOST_BYTES, Unreachable, fetch, why_address_refused
from approvals.settings import Settings
from tests.conftest import application, settings
from tests.identity.oidc.tls import tls_proxy


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.1/32"]
    )


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does whatever it wants with one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    answer(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/told"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.2/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://[fc00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://2130706433/",
        "https://0177.1/",
        "https://0x7f.1/",
        "https://localhost:22/",
        "https://rp.example:25/",
        "https://user@rp.example/",
        "https://rp.example/#x",
        "http://rp.example/",
        "file:///etc/passwd",
        "gopher://rp.example/",
        "ftp://rp.example/",
        "https://[x/",
        "",
    ],
)
def test_SS_01_fetch_refuses_internal_and_malformed_addresses(app: Flask, address: str) -> None:
    assert why_address_refused(address) is not None
    with pytest.raises(Unreachable):
        fetch("GET", address)


def test_why_address_refused_accepts_https_and_admitted_loopback(app: Flask) -> None:
    for address in (
        "https://rp.example/told",
        "https://rp.example:8443/",
        "http://127.0.0.1:9000/",
    ):
        assert why_address_refused(address) is None


def test_SS_02_fetch_refuses_a_name_with_an_internal_address(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: [entry])
    with pytest.raises(Unreachable):
        fetch("GET", "https://rp.example/")


def test_SS_02_fetch_refuses_a_name_with_one_internal_address_among_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recording() as (port, visits):
        found = [entry("127.0.0.1", port), entry("10.0.0.1", port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
        with pytest.raises(Unreachable):
            fetch("GET", f"https://rp.example:{port}/")
    assert visits == []


def test_SS_02_fetch_connects_to_the_address_that_was_checked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    truthful = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        """At first the loopback, which is admitted here; after that what is inside."""
        if host != "localhost":
            return truthful(host, port, *args, **kwargs)
        asked.append(host)
        return [entry("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port)]

    with recording() as (port, visits):
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        assert fetch("GET", f"http://localhost:{port}/").status == 204
        monkeypatch.undo()
    assert visits == [1]
    assert len(asked) == 1


def entry(address: str, port: int) -> tuple[Any, ...]:
    """As `getaddrinfo` writes it."""
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


@contextmanager
def recording() -> Iterator[tuple[int, list[int]]]:
    """A server on the loopback: its port, and what came in so far."""
    visits: list[int] = []

    def noting(connection: socket.socket) -> None:
        visits.append(1)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with answering(noting) as address:
        yield int(address.rpartition(":")[2].partition("/")[0]), visits


def test_fetch_returns_status_and_body(app: Flask) -> None:
    def good(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with answering(good) as address:
        answer = fetch("POST", address, body=b"x")
    assert (answer.status, answer.body) == (200, b"ok")


def test_SS_03_fetch_returns_a_redirect_without_following_it(app: Flask) -> None:
    def redirecting(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
        )

    with answering(redirecting) as address:
        assert fetch("GET", address).status == 307


def test_SS_05_fetch_limits_the_bytes_of_a_response(app: Flask) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 65_536)

    with answering(endless) as address:
        assert len(fetch("GET", address, most_bytes=1000).body) == 1000


def test_SS_05_fetch_does_not_decompress_a_response(app: Flask) -> None:
    packed = gzip.compress(b"x" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"

    def bomb(connection: socket.socket) -> None:
        connection.sendall(head.encode() + packed)

    with answering(bomb) as address:
        assert fetch("GET", address).body == packed[:MOST_BYTES]


def test_SS_05_fetch_ends_at_its_deadline_with_one_error_for_every_cause(app: Flask) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            connection.sendall(b"x")

    def drip_body(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.wait(0.05):
            connection.sendall(b"x")

    def silent(_connection: socket.socket) -> None:
        over.wait(5)

    texts = set()
    for behaviour in (drip, drip_body, silent):
        with answering(behaviour) as address, pytest.raises(Unreachable) as refused:
            fetch("GET", address, seconds=0.3)
        texts.add(str(refused.value))
    over.set()
    with pytest.raises(Unreachable) as closed:
        fetch("GET", "http://127.0.0.1:1/")
    assert texts == {str(closed.value)}


def test_fetch_ends_at_its_deadline_during_the_tls_handshake(app: Flask) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        # The head of a TLS record of 16 KB, and then a byte now and then.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not over.wait(0.05):
            connection.sendall(b"\x02")

    begun = time.monotonic()
    with answering(drip) as address, pytest.raises(Unreachable):
        fetch("GET", address.replace("http:", "https:"), seconds=0.3)
    over.set()
    assert time.monotonic() - begun < 2


def test_fetch_verifies_the_certificate_against_the_name_of_the_pinned_address(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is for `localhost`. Both names lead to the server with it."""
    truthful = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        named = host in {"localhost", "rp.example"}
        return [entry("127.0.0.1", port)] if named else truthful(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with recording() as (behind, visits), tls_proxy(tmp_path, [behind]) as proxy:
        chosen = settings(
            database_url, outbound_networks=["127.0.0.1/32"], outbound_ca_file=proxy.authority
        )
        with application(chosen):
            assert fetch("GET", f"{proxy.issuer}/").status == 204
            with pytest.raises(Unreachable):
                fetch("GET", f"https://rp.example:{proxy.port}/")
    assert visits == [1]


def test_fetch_of_an_address_from_the_settings_reaches_any_network(
    database_url: str,
) -> None:
    with recording() as (port, _), application(settings(database_url)):
        address = f"http://127.0.0.1:{port}/"
        assert fetch("GET", address, from_settings=True).status == 204
        with pytest.raises(Unreachable):
            fetch("GET", address)


@pytest.mark.parametrize("line_break", ["\r\n", "\n"])
def test_fetch_refuses_an_address_with_line_breaks(app: Flask, line_break: str) -> None:
    with recording() as (port, visits), pytest.raises(Unreachable):
        fetch("GET", f"http://127.0.0.1:{port}/{line_break}Host: elsewhere{line_break}")
    assert visits == []
