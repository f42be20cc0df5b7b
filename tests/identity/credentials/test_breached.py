"""Asking a range service, against one that runs here."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from approvals.settings import Settings
from identity.credentials.breached import is_breached
from tests.conftest import settings
from tests.identity.people import Person, sign_in
from tests.identity.walking import Walker

BREACHED = "correct horse battery staple"


class RangeService:
    """Stand-in for Pwned Passwords: the suffixes behind five characters, with padding."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.padding_asked: list[str | None] = []
        self.status = 200
        self.body: bytes | None = None


@contextmanager
def _serving(service: RangeService) -> Iterator[str]:
    digest = hashlib.sha1(BREACHED.encode()).hexdigest().upper()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            prefix = self.path.rsplit("/", 1)[-1]
            service.asked.append(prefix)
            service.padding_asked.append(self.headers.get("Add-Padding"))
            lines = [f"{'0' * 34}A:0", f"{'1' * 35}:3"]
            if prefix == digest[:5]:
                lines.append(f"{digest[5:]}:42")
            body = service.body or "\r\n".join(lines).encode()
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serve = partial(server.serve_forever, poll_interval=0.01)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/range/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def service() -> RangeService:
    return RangeService()


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path, service: RangeService) -> Iterator[Settings]:
    with _serving(service) as address:
        yield settings(
            database_url, mail_directory=tmp_path / "mail", breached_passwords_url=address
        )


def test_is_breached_sends_five_characters_of_the_hash(app: Flask, service: RangeService) -> None:
    assert is_breached(BREACHED)
    assert not is_breached("plum kettle orbit lane")
    assert [len(prefix) for prefix in service.asked] == [5, 5]
    assert service.padding_asked == ["true", "true"]


def test_password_form_rejects_a_breached_password(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    page = Walker(client).get("/account/password")
    page = page.submit(current_password=person.password, password=BREACHED)
    assert "That password is on a list of commonly used passwords." in page.text


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, None), (429, None), (301, None), (200, b"x" * 300_000), (200, b"\xff:")],
)
def test_is_breached_is_false_if_the_service_fails(
    app: Flask, service: RangeService, status: int, body: bytes | None
) -> None:
    service.status, service.body = status, body
    assert not is_breached(BREACHED)
