from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.servers import binaries, postgresql
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with postgresql.running() as server:
        yield server


def query(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar_one() if result.returns_rows else None
    finally:
        engine.dispose()


def test_databases_are_separate_and_a_template_is_copied(server: PostgreSQL) -> None:
    first = server.create_database()
    query(first, "CREATE TABLE school (urn text)")
    query(first, "INSERT INTO school VALUES ('100001')")
    copy = server.create_database(template=first)
    query(copy, "DELETE FROM school")

    assert query(first, "SELECT count(*) FROM school") == 1
    assert query(copy, "SELECT count(*) FROM school") == 0
    assert query(copy, "SHOW server_encoding") == "UTF8"


def test_a_database_is_dropped_though_somebody_is_connected(server: PostgreSQL) -> None:
    url = server.create_database()
    engine = create_engine(url)
    connection = engine.connect()
    server.drop_database(url)

    assert query(server.url, "SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'") in {
        0,
        2,
    }
    connection.invalidate()
    engine.dispose()


def test_loopback_asks_for_the_password(server: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", password="guess")


def test_nothing_is_left_behind() -> None:
    with postgresql.running() as server:
        folder = server.socket_folder
        assert server.accepts_connections()
    assert not server.accepts_connections()
    assert not folder.exists()


def test_a_missing_server_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(binaries.MissingProgramError, match="apt-get install postgresql"),
        postgresql.running(),
    ):
        pass
