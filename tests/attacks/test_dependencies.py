"""Dependencies of the service are gone: HC-03 of the catalogue."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db
from app.outbox import OutboxMail
from app.request_reference import short_reference
from approvals.settings import Settings
from tests.conftest import application, settings
from tests.deliveries import deliver_due
from tests.identity.oidc import signing_keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.served import serving
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Walker
from tests.servers import ports


def lose(database_url: str, request: pytest.FixtureRequest) -> None:
    """The database is no database any more."""
    db.session.remove()
    db.engine.dispose()
    if database_url.startswith("sqlite"):
        path = Path(urlsplit(database_url).path)
        for leftover in (Path(f"{path}-wal"), Path(f"{path}-shm")):
            leftover.unlink(missing_ok=True)
        path.write_bytes(b"no database" * 1000)
    else:
        request.getfixturevalue("postgresql_server").drop_database(database_url)


def test_HC_03_requests_without_database_are_refused_without_details(
    app: Flask, person: Person, database_url: str, request: pytest.FixtureRequest
) -> None:
    signing_keys.ready()
    rp = RelyingParty(app.test_client(), register())
    browser = signed_in_browser(app, person)
    page = Walker(app.test_client()).get("/sign-in?next=/account")
    code, token = rp.code(browser), rp.tokens(browser)["access_token"]
    address = rp.request()
    lose(database_url, request)
    attempts = {
        "page": browser.get("/account"),
        "sign-in": page.submit(email=person.email, password=person.password).response,
        "authorize": browser.get(address),
        "code": rp.redeem(code),
        "client": rp.credentials(),
        "userinfo": rp.userinfo(token),
        "introspection": rp.post("/introspect", {"token": token}),
        "api": rp.http.get("/api/remit", headers={"Authorization": f"Bearer {token}"}),
        "reset": browser.get("/reset-password/x"),
        "readiness": browser.get("/readyz"),
    }
    for way, answer in attempts.items():
        assert answer.status_code in {500, 503}, way
        for inside in ("Traceback", "SELECT", "sqlite", "psycopg", "sqlalchemy", "/tmp"):
            assert inside.lower() not in answer.text.lower(), way
        if way != "readiness":
            assert short_reference(answer.headers["X-Request-Id"]) in answer.text.upper(), way
    # A commit that failed may have been carried out.
    assert "check first whether your change was made" in attempts["sign-in"].text
    assert "may have been carried out" in attempts["client"].get_json()["error_description"]
    assert browser.get("/healthz").status_code == 200


@pytest.mark.usefixtures("processes")
def test_HC_03_rate_limits_hold_without_redis(app: Flask, app_settings: Settings) -> None:
    changes = {
        "SECURE_ACCESS_REDIS_URL": f"redis://{ports.HOST}:{ports.free_port()}/0",
        "SECURE_ACCESS_REQUEST_LIMIT": "3 per minute",
    }
    with (
        serving(app_settings, workers=1, issuer=None, log=None, **changes) as served,
        httpx.Client(base_url=served.issuer, timeout=30) as http,
    ):
        statuses = [http.get("/cookies").status_code for _ in range(5)]
        guarded = http.get("/account").status_code
    assert statuses == [200] * 3 + [429] * 2
    assert guarded == 303


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_HC_03_requests_do_not_wait_for_silent_redis(app: Flask, app_settings: Settings) -> None:
    def ask(http: httpx.Client) -> tuple[int, bool]:
        began = time.monotonic()
        return http.get("/cookies").status_code, time.monotonic() - began < 3

    with (
        socket.create_server((ports.HOST, 0), backlog=100) as silent,
        serving(
            app_settings,
            workers=1,
            SECURE_ACCESS_REDIS_URL=f"redis://{ports.HOST}:{silent.getsockname()[1]}/0",
        ) as served,
        httpx.Client(base_url=served.issuer, timeout=30) as http,
        ThreadPoolExecutor(8) as threads,
    ):
        assert set(threads.map(ask, [http] * 8)) == {(200, True)}


def test_HC_03_mails_wait_and_sign_in_works_without_mail_server(database_url: str) -> None:
    chosen = settings(
        database_url, smtp_host=ports.HOST, smtp_port=ports.free_port(), smtp_security="none"
    )
    with application(chosen) as app:
        person = make_person()
        page = Walker(app.test_client()).get("/forgot-password")
        known = page.submit(email=person.email)
        unknown = (
            Walker(app.test_client()).get("/forgot-password").submit(email="no@school.example")
        )
        assert known.status == unknown.status == 200
        assert known.heading == unknown.heading
        assert deliver_due() == 0
        assert set(db.session.scalars(select(OutboxMail.state))) == {"waiting"}
        assert sign_in(app.test_client(), person, "/sign-in?next=/account").status == 200
