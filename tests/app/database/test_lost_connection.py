"""Sessions whose connection PostgreSQL ended."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db, writing
from app.database.dbapi_connection import DbapiConnection
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture
def database_url(postgresql_server: PostgreSQL, postgresql_template: str) -> str:
    return postgresql_server.create_database(template=postgresql_template)


def end_connections(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_session_ends_without_an_error_after_its_connection_was_lost(
    app: Flask, database_url: str
) -> None:
    db.session.execute(text("SELECT 1"))
    end_connections(database_url)
    db.session.remove()
    assert db.session.scalar(text("SELECT 2")) == 2


def test_transaction_gets_another_connection_after_the_idle_one_was_ended(
    app: Flask, database_url: str
) -> None:
    for _ in range(3):
        with writing() as session:
            assert session.scalar(text("SELECT 1")) == 1
        end_connections(database_url)


def test_transaction_takes_an_idle_connection_without_asking_the_server(
    app: Flask, database_url: str
) -> None:
    with writing() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect(), psycopg.connect(database_url.replace("+psycopg", "")) as other:
        asked = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        assert other.execute(asked, (pid,)).fetchone() == ("COMMIT",)


def test_connection_is_usable_after_an_error_in_front_of_a_statement_to_prepare(
    app: Flask,
) -> None:
    connection = DbapiConnection(db.engine)
    sound = ("SELECT 2 WHERE %s = 1", (1,))
    failing = ("SELECT 1 / %s::int", (0,))
    # The driver prepares a statement that was sent several times.
    for uses in range(8):
        for _ in range(uses):
            assert connection.write([sound])[0][0] == 2
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.write([failing, sound])
        assert connection.write([sound])[0][0] == 2
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.read([failing, sound])
        assert connection.read([sound, sound])[0][0][0] == 2
    connection.close()
