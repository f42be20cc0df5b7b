"""Requests while PostgreSQL accepts connections and answers nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.database import db, deadline
from approvals.settings import Settings
from tests.conftest import make_tables
from tests.faults.programs import children_of
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.served import serving
from tests.servers import postgresql
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.usefixtures("processes")
LONGEST_SECONDS = 5.5


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    with postgresql.running() as server:
        yield server


@pytest.fixture
def database_url(server: PostgreSQL) -> str:
    url = server.create_database()
    make_tables(url)
    return url


def signal_all(server: PostgreSQL, number: signal.Signals) -> None:
    assert server.process is not None
    for pid in [server.process.pid, *children_of(server.process.pid)]:
        os.kill(pid, number)


def test_requests_are_answered_503_within_five_seconds_while_the_database_is_silent(
    app: Flask, app_settings: Settings, server: PostgreSQL
) -> None:
    signing_keys.ready()
    rp = RelyingParty(app.test_client(), register())

    def token(client: httpx.Client) -> tuple[int, float]:
        began = time.monotonic()
        answer = client.post(
            "/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": rp.basic()},
        )
        return answer.status_code, time.monotonic() - began

    with (
        serving(app_settings, workers=1) as served,
        httpx.Client(base_url=served.issuer, timeout=20, trust_env=False) as client,
    ):
        assert token(client)[0] == 200
        signal_all(server, signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(20) as threads:
                answers = list(threads.map(lambda _: token(client), range(20)))
        finally:
            signal_all(server, signal.SIGCONT)
        assert {status for status, _ in answers} == {503}
        assert max(seconds for _, seconds in answers) < LONGEST_SECONDS
        assert token(client)[0] == 200


def test_worker_gives_up_a_silent_database_and_goes_on_with_it(
    app: Flask, server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "WORKER_SECONDS", 0.5)
    with deadline.waiting_as_a_worker():
        assert db.session.scalar(text("SELECT 1")) == 1
        signal_all(server, signal.SIGSTOP)
        began = time.monotonic()
        try:
            with pytest.raises(OperationalError, match="did not answer in time"):
                db.session.scalar(text("SELECT 2"))
        finally:
            signal_all(server, signal.SIGCONT)
        assert time.monotonic() - began < LONGEST_SECONDS
        db.session.remove()
        assert db.session.scalar(text("SELECT 3")) == 3
