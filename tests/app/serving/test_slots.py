"""Slots of a process: half of them for passwords at most, and own ones for what it keeps."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.serving import limits
from app.serving.kept_paths import KEPT_PATHS
from app.serving.password_paths import PASSWORD_PATHS
from app.serving.wsgi_handler import WsgiHandler
from app.web.application import Application
from approvals.settings import Settings
from tests.conftest import settings

SLOTS = 4


class Connection:
    """The part of the server's connection that a response needs."""

    status = 0
    headers: Sequence[tuple[str, str]] = ()

    def response_bytes(self, status: int, headers: Sequence[tuple[str, str]], _body: bytes) -> None:
        self.status, self.headers = status, headers


class Site:
    """An application whose sign-in waits until it is released."""

    def __init__(self, chosen: Settings) -> None:
        self.released, self.arrived = threading.Event(), threading.Semaphore(0)
        flask = Application("site")
        flask.config["MAX_CONTENT_LENGTH"] = 1000
        flask.add_url_rule("/sign-in", "sign_in", self._sign_in, methods=["GET", "POST"])
        flask.add_url_rule("/other", "other", lambda: "other")
        flask.add_url_rule("/kept", "kept", lambda: "kept")
        flask.add_url_rule("/slow", "slow", self._sign_in)
        PASSWORD_PATHS("/sign-in")(flask)
        KEPT_PATHS("/kept")(flask)
        self._handler = WsgiHandler(flask, chosen, threading.Event())

    def ask(self, method: str, path: str) -> Connection:
        connection = Connection()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
        }
        self._handler(connection, environ)  # type: ignore[arg-type]  # as much as a response needs
        return connection

    def _sign_in(self) -> str:
        self.arrived.release()
        self.released.wait(20)
        return "done"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(settings("sqlite://", threads=SLOTS))
    yield made
    made.released.set()


def test_other_requests_pass_a_crowd_at_the_sign_in_page(site: Site) -> None:
    with ThreadPoolExecutor(SLOTS * 2) as threads:
        crowd = [threads.submit(site.ask, "POST", "/sign-in") for _ in range(SLOTS * 2)]
        for _ in range(SLOTS // 2):
            assert site.arrived.acquire(timeout=5)
        assert not site.arrived.acquire(timeout=0.2)
        assert site.ask("GET", "/other").status == 200
        site.released.set()
        assert {each.result().status for each in crowd} == {200}


def test_sign_in_beyond_the_queue_gets_503(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WAITING_PASSWORDS", 0)
    full = Site(settings("sqlite://", threads=SLOTS))
    with ThreadPoolExecutor(SLOTS) as threads:
        for _ in range(SLOTS // 2):
            threads.submit(full.ask, "POST", "/sign-in")
            assert full.arrived.acquire(timeout=5)
        rejected = full.ask("POST", "/sign-in")
        full.released.set()
    assert rejected.status == 503
    assert "Retry-After" in dict(rejected.headers)


def test_kept_response_passes_requests_that_hold_every_slot(site: Site) -> None:
    with ThreadPoolExecutor(SLOTS) as threads:
        for _ in range(SLOTS):
            threads.submit(site.ask, "GET", "/slow")
        for _ in range(SLOTS):
            assert site.arrived.acquire(timeout=5)
        assert site.ask("GET", "/kept").status == 200
        site.released.set()
