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


def test_databases_are_separate_copies_of_a_template(server: PostgreSQL) -> None:
    first = server.create_database()
    query(first, "CREATE TABLE school (urn text)")
    query(first, "INSERT INTO school VALUES ('100001')")
    copy = server.create_database(template=first)
    query(copy, "DELETE FROM school")

    assert query(first, "SELECT count(*) FROM school") == 1
    assert query(copy, "SELECT count(*) FROM school") == 0
    assert query(copy, "SHOW server_encoding") == "UTF8"


def test_drop_ends_open_connections(server: PostgreSQL) -> None:
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


def test_loopback_requires_the_password(server: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", password="guess")


def test_stopped_server_leaves_no_process_and_no_folder() -> None:
    with postgresql.running() as server:
        folder = server.socket_folder
        assert server.accepts_connections()
    assert not server.accepts_connections()
    assert not folder.exists()


def test_missing_server_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(binaries.MissingProgramError, match="apt-get install postgresql"),
        postgresql.running(),
    ):
        pass
