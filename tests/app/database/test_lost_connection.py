"""Sessions whose connection PostgreSQL ended."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture
def database_url(postgresql_server: PostgreSQL, postgresql_template: str) -> str:
    return postgresql_server.create_database(template=postgresql_template)


def end_connections(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_session_ends_without_an_error_after_its_connection_was_lost(
    app: Flask, database_url: str
) -> None:
    db.session.execute(text("SELECT 1"))
    end_connections(database_url)
    db.session.remove()
    assert db.session.scalar(text("SELECT 2")) == 2
