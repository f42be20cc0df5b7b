"""`secure-access setup` while other programs use the database."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import text

import wsgi
from app.database import db, migration_locks, waiting_at_most
from app.database.schema import schema_is_current, upgrade
from tests.conftest import application, settings
from tests.identity.oidc.served import PROGRAM, environment_of

EARLIER = "0021"
_HOLDER = """
import sqlite3, sys
holder = sqlite3.connect(sys.argv[1], isolation_level=None)
holder.execute("BEGIN IMMEDIATE")
holder.execute("UPDATE readiness SET written_at = written_at")
print("holds", flush=True)
sys.stdin.read()
holder.execute("COMMIT")
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_server").create_database()
    return url


@pytest.fixture
def earlier(empty_url: str) -> Iterator[Flask]:
    """The application on a database of an earlier revision."""
    with application(settings(empty_url)) as app:
        upgrade(EARLIER)
        yield app


on_sqlite = pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)


def revision() -> str:
    found: str = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    db.session.remove()
    return found


def run_setup(app: Flask) -> Any:
    info = ScriptInfo(create_app=lambda: app)
    return CliRunner().invoke(wsgi.cli, ["setup"], obj=info, catch_exceptions=False)


@contextmanager
def writer_in_another_process(*, seconds: float) -> Iterator[None]:
    """Hold SQLite's write lock for so long, write a row and commit."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(db.engine.url.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdout.readline()
    timer = threading.Timer(seconds, holder.stdin.close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        holder.stdin.close()
        assert holder.wait(10) == 0
        holder.stdout.close()


@on_sqlite
@pytest.mark.usefixtures("processes")
def test_setup_waits_for_a_program_that_writes(earlier: Flask) -> None:
    with writer_in_another_process(seconds=0.5):
        done = run_setup(earlier)
    assert done.exit_code == 0, done.output
    assert revision() > EARLIER


@on_sqlite
def test_setup_that_waits_in_vain_for_sqlite_changes_nothing_and_names_the_lock(
    earlier: Flask,
) -> None:
    path = db.engine.url.database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as holder, waiting_at_most(0.1):
        holder.execute("BEGIN IMMEDIATE")
        done = run_setup(earlier)
    assert done.exit_code == 1
    assert done.output == (
        "Error: The schema is not up to date. The database says: database is locked. Another "
        "program holds a lock: end it, or wait. Then run secure-access setup again.\n"
    )
    assert revision() == EARLIER


@on_postgresql
def test_setup_that_waits_in_vain_for_a_table_names_the_lock(
    earlier: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_locks, "TRY_FOR_SECONDS", 1.0)
    with psycopg.connect(
        earlier.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", "")
    ) as holder:
        holder.execute("SELECT count(*) FROM outbox_mail")
        done = run_setup(earlier)
    assert done.exit_code == 1
    assert "The database says: canceling statement due to lock timeout." in done.output
    assert "Another program holds a lock" in done.output
    assert revision() == EARLIER


@pytest.mark.usefixtures("processes")
def test_setups_of_two_hosts_at_once_both_succeed(earlier: Flask) -> None:
    chosen = settings(earlier.config["SQLALCHEMY_DATABASE_URI"])
    both = [
        subprocess.Popen(
            [PROGRAM, "setup"],
            cwd=wsgi.ROOT,
            env=environment_of(chosen, port=1),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=60)[1].decode() for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert revision() > EARLIER


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["CREATE TABLE session (id INTEGER)"], "the table session"),
        (
            [
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
                "INSERT INTO alembic_version VALUES ('4f2a9c')",
            ],
            "the revision 4f2a9c",
        ),
    ],
)
def test_database_of_another_product_is_named_by_setup_and_readiness(
    empty_url: str,
    statements: list[str],
    found: str,
) -> None:
    with application(settings(empty_url)) as app:
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()
        db.session.remove()
        done = run_setup(app)
        assert done.exit_code == 1
        assert f"belongs to another product: it has {found}, which" in done.output
        with app.app_context():
            assert "belongs to another product" in (schema_is_current() or "")


def test_setup_accepts_a_database_with_tables_of_extensions(empty_url: str) -> None:
    with application(settings(empty_url)) as app:
        db.session.execute(text("CREATE TABLE spatial_ref_sys (id INTEGER)"))
        db.session.commit()
        db.session.remove()
        assert run_setup(app).exit_code == 0
