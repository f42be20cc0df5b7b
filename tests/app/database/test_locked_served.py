"""Requests while another program holds the database's lock for writing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.database import Base, db
from approvals.settings import Settings
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.served import Served, serving

pytestmark = pytest.mark.usefixtures("processes")

AT_ONCE = 40
Ask = Callable[[httpx.Client], httpx.Response]


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Hold the lock as a backup or an import would."""
    if database_url.startswith("sqlite"):
        holder = sqlite3.connect(urlsplit(database_url).path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.close()
        return
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE".encode())
        try:
            yield
        finally:
            connection.rollback()


@pytest.fixture
def rp(app: Flask) -> RelyingParty:
    signing_keys.ready()
    return RelyingParty(app.test_client(), register())


@pytest.fixture
def served(app_settings: Settings, rp: RelyingParty) -> Iterator[Served]:
    with serving(app_settings, workers=1, SECURE_ACCESS_THREADS="8") as one:
        yield one


def test_requests_are_answered_503_within_five_seconds_while_the_database_is_locked(
    served: Served, rp: RelyingParty, database_url: str
) -> None:
    def token(client: httpx.Client) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        return client.post("/token", data=form, headers={"Authorization": rp.basic()})

    def authorize(client: httpx.Client) -> httpx.Response:
        address = rp.request().replace("http://localhost:8000", served.issuer)
        return client.get(address, headers={"Accept": "text/html"})

    def timed(ask: Ask) -> tuple[httpx.Response, float]:
        with httpx.Client(base_url=served.issuer, timeout=20, trust_env=False) as client:
            begun = time.monotonic()
            return ask(client), time.monotonic() - begun

    assert [timed(ask)[0].status_code for ask in (token, authorize)] == [200, 303]
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))
    db.session.rollback()
    with locked(database_url), ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(timed, ask) for ask in [token, authorize] * (AT_ONCE // 2)]
        for path, status in (("/readyz", 503), ("/healthz", 200)):
            answer, seconds = timed(partial(httpx.Client.get, url=path))
            assert (answer.status_code, seconds < 1) == (status, True), (path, seconds)
        answers = [each.result() for each in asked]
    for answer, seconds in answers:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert seconds < 5
        if answer.request.method == "POST":
            assert answer.json()["error"] == "temporarily_unavailable"
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before
    db.session.rollback()
    assert timed(partial(httpx.Client.get, url="/readyz"))[0].status_code == 200
    assert [timed(ask)[0].status_code for ask in (token, authorize)] == [200, 303]
