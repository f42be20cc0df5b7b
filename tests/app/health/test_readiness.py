"""The readiness check: what it writes, and which schemas and clocks it accepts."""

from __future__ import annotations

import base64
import secrets
import shutil
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from app import clock
from app.clock import now
from app.database import db, writing
from app.database.readiness import Readiness
from app.health import checks
from identity.oidc.cache import raise_revision
from identity.oidc.models import SigningKey
from tests.conftest import application, settings
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application after `setup`."""
    signing_keys.ready()
    return app


def revision_is(revision: str, *, oldest: str) -> None:
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
        session.execute(update(Readiness).values(oldest_revision=oldest))


def failures(client: FlaskClient) -> dict[str, str]:
    found: dict[str, str] = client.get("/readyz").get_json()["failures"]
    return found


def test_readiness_writes_its_row(app: Flask, client: FlaskClient) -> None:
    before = now() - timedelta(days=1)
    with writing() as session:
        session.execute(update(Readiness).values(written_at=before))
    assert client.get("/readyz").status_code == 200
    assert db.session.scalars(db.select(Readiness.written_at)).one() > before


def test_readiness_writes_once_a_second(app: Flask, client: FlaskClient) -> None:
    written = set()
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
        written.add(db.session.scalars(db.select(Readiness.written_at)).one())
    assert len(written) == 1


def test_readiness_fails_without_its_row(app: Flask, client: FlaskClient) -> None:
    with writing() as session:
        session.execute(db.delete(Readiness))
    assert failures(client) == {"database": "The database does not keep what is written."}


def test_readiness_accepts_newer_schema_that_this_version_can_use(
    app: Flask, client: FlaskClient
) -> None:
    revision_is("9999", oldest="0021")
    assert failures(client) == {}


def test_readiness_names_newer_schema_that_this_version_cannot_use(
    app: Flask, client: FlaskClient
) -> None:
    revision_is("9999", oldest="9998")
    assert "revision 9999" in failures(client)["migrations"]


def test_setup_names_newer_schema_and_changes_nothing(app: Flask) -> None:
    revision_is("9999", oldest="0021")
    result = app.test_cli_runner().invoke(args=["setup"])
    assert result.exit_code == 1
    assert "A newer version has set this database up: it is at revision 9999" in result.output


def test_readiness_asks_for_setup_on_older_schema(app: Flask, client: FlaskClient) -> None:
    revision_is("0020", oldest="0021")
    assert "secure-access setup" in failures(client)["migrations"]


@pytest.mark.parametrize(("seconds", "is_ready"), [(25, True), (-40, False), (40, False)])
def test_readiness_compares_clock_with_postgresql(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seconds: int, is_ready: bool
) -> None:
    on_sqlite = db.engine.dialect.name == "sqlite"
    real = clock.now
    monkeypatch.setattr(checks, "now", lambda: real() + timedelta(seconds=seconds))
    found = failures(client)
    assert ("clock" not in found) == (is_ready or on_sqlite)


def test_readiness_fails_on_full_disk(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        full = shutil.disk_usage("/")._replace(free=0)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    else:
        # PostgreSQL's own limit of temporary files is the smallest disk there is.
        monkeypatch.setattr(
            checks, "_SORT_ON_DISK", f"SET LOCAL temp_file_limit = 64; {checks._SORT_ON_DISK}"
        )
    assert "disk" in failures(client)


def test_readiness_asks_for_setup_without_signing_keys(app: Flask, client: FlaskClient) -> None:
    with writing() as session:
        session.execute(db.delete(SigningKey))
        raise_revision()
    assert failures(client)["signing keys"] == (
        "There is no active signing key for RS256, PS256, ES256, EdDSA: run secure-access setup."
    )
    assert app.test_cli_runner().invoke(args=["setup"]).exit_code == 0
    assert client.get("/readyz").status_code == 200


def test_wrong_encryption_key_is_not_ready_and_issues_no_token(
    app: Flask, database_url: str
) -> None:
    registration = register()
    other = base64.b64encode(secrets.token_bytes(32)).decode()
    with application(settings(database_url, encryption_keys=other)) as wrong:
        rp = RelyingParty(wrong.test_client(), registration)
        answer = rp.credentials()
        assert answer.status_code == 503
        assert answer.get_json()["error"] == "temporarily_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        assert "signing keys" in failures(wrong.test_client())
