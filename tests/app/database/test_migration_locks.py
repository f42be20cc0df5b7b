"""Migrations on a PostgreSQL that other transactions use."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from app.database import db, migration_locks
from app.database.schema import downgrade, upgrade
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.usefixtures("processes")

LONG_SECONDS = 1.2
BRIEF_SECONDS = 0.8


@pytest.fixture
def database_url(postgresql_server: PostgreSQL, postgresql_template: str) -> str:
    return postgresql_server.create_database(template=postgresql_template)


@pytest.fixture(autouse=True)
def _earlier_schema(app: Flask) -> None:
    db.session.remove()
    downgrade("0021")


@contextmanager
def read_by_a_backup(database_url: str, table: str) -> Iterator[psycopg.Connection]:
    """Hold the lock of a transaction that reads the table."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE".encode())
        try:
            yield connection
        finally:
            connection.rollback()


def longest_read(database_url: str, table: str, done: threading.Event) -> float:
    """Read the table again and again. Return the longest time that it took."""
    longest = 0.0
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        while not done.is_set():
            began = time.monotonic()
            connection.execute(f"SELECT count(*) FROM {table}".encode())
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
    return longest


def test_migration_that_waits_for_a_long_transaction_delays_no_request(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_locks, "PAUSE_SECONDS", 0.1)
    done = threading.Event()
    waits: list[float] = []
    reader = threading.Thread(
        target=lambda: waits.append(longest_read(database_url, "outbox_mail", done))
    )
    with read_by_a_backup(database_url, "outbox_mail") as backup:
        threading.Timer(LONG_SECONDS, backup.rollback).start()
        reader.start()
        upgrade()
        done.set()
        reader.join()
    assert "urgent" in {column["name"] for column in inspect(db.engine).get_columns("outbox_mail")}
    assert waits[0] < BRIEF_SECONDS


def test_migration_reports_a_lock_that_it_never_gets(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_locks, "TRY_FOR_SECONDS", 0.0)
    with (
        read_by_a_backup(database_url, "outbox_mail"),
        pytest.raises(DBAPIError, match="lock timeout"),
    ):
        upgrade()
    upgrade()


def test_migrations_leave_the_lock_timeout_of_their_connection_as_it_was(app: Flask) -> None:
    before = db.session.connection().exec_driver_sql("SHOW lock_timeout").scalar()
    db.session.remove()
    upgrade()
    assert db.session.connection().exec_driver_sql("SHOW lock_timeout").scalar() == before
