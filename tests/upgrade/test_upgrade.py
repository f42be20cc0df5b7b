"""A database of November 2026 is brought to the present schema: see README.md."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

import wsgi
from app.database import Base, db
from tests.conftest import application, settings
from tests.identity.people import Person, sign_in

FOLDER = Path(__file__).parent / "database"
SERVICE = "school_performance"


class Kept:
    """One of the databases: its text, the keys of its people, and what it answered."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = gzip.decompress((FOLDER / kind / "database.sql.gz").read_bytes()).decode()
        self.keys = json.loads((FOLDER / kind / "keys.json").read_text())
        self.answers: dict[str, Any] = json.loads((FOLDER / kind / "answers.json").read_text())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest) -> Kept:
    return Kept(request.param)


@pytest.fixture(scope="module")
def old_database(
    kept: Kept, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The address of the database as it was."""
    if kept.kind == "sqlite":
        path = tmp_path_factory.mktemp("upgrade") / "secure-access.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(kept.text)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_server").create_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(kept.text.encode())
    return url


@pytest.fixture(scope="module")
def upgraded(kept: Kept, old_database: str) -> Iterator[Flask]:
    """The application on the database, after `secure-access setup`."""
    keys = {name: kept.keys[name] for name in ("secret_key", "encryption_keys")}
    with application(settings(old_database, **keys)) as app:
        run(app, "setup")
        yield app


def run(app: Flask, *arguments: str) -> str:
    """Run a command and return its output."""
    info = ScriptInfo(create_app=lambda: app)
    result = CliRunner().invoke(wsgi.cli, arguments, obj=info, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_upgrade_makes_the_tables_of_the_models(upgraded: Flask) -> None:
    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": True})
    assert compare_metadata(context, Base.metadata) == []
    db.session.rollback()


def test_upgrade_keeps_sign_in_of_existing_people(upgraded: Flask, kept: Kept) -> None:
    for each in kept.keys["people"]:
        person = Person(each["email"], "", 0, each["totp_secret"], each["password"])
        page = sign_in(upgraded.test_client(), person, "/sign-in?next=/account")
        assert (page.status, page.heading) == (200, "Your account")
        assert each["email"] in page.text


def test_upgrade_keeps_explanations_of_past_moments(upgraded: Flask, kept: Kept) -> None:
    answers = {
        email: {
            moment: enters(
                run(upgraded, "access", "explain", email, "--service", SERVICE, "--at", moment)
            )
            for moment in moments
        }
        for email, moments in kept.answers["enters"].items()
    }
    assert answers == kept.answers["enters"]


def enters(explanation: str) -> dict[str, bool | str]:
    """Return by organisation whether the person may enter, or "conditions": once they are met."""
    known: dict[str, bool] = {"enter": True, "not enter": False}
    lines = [line.partition(": may ") for line in explanation.splitlines()]
    return {name: known.get(answer, "conditions") for name, _, answer in lines if answer}


@pytest.mark.parametrize("day", ["2018-02-16", "2026-09-22"])
def test_upgrade_keeps_the_user_groups_of_past_days(upgraded: Flask, kept: Kept, day: str) -> None:
    found = json.loads(run(upgraded, "report", "user-groups", "--as-of", day, "--format", "json"))
    assert found == kept.answers["user_groups"][day]
