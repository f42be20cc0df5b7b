"""The worker's cache of clients and keys ends with the first change by any process."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import select

from app.database import db
from identity.oidc.cache import cache, raise_revision
from identity.oidc.models import Revision
from tests.identity.oidc.relying_party import RelyingParty
from tests.servers.postgresql import PostgreSQL, database_name


def number() -> int | None:
    return db.session.scalar(select(Revision.number))


def elsewhere(app: Flask, *, then: str) -> None:
    """Another request changes something, and reads what is kept."""

    def work() -> None:
        with app.app_context():
            raise_revision()
            cache().get("another", lambda: then)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_cache_keeps_a_loaded_value(app: Flask) -> None:
    assert cache().get("key", lambda: "first") == "first"
    assert cache().get("key", lambda: "second") == "first"


def test_cache_loads_again_after_a_change(app: Flask) -> None:
    cache().get("key", lambda: "before")
    db.session.remove()
    elsewhere(app, then="meanwhile")
    assert cache().get("key", lambda: "after") == "after"


def test_cache_drops_a_value_loaded_from_an_earlier_state(app: Flask) -> None:
    """On SQLite who is reading goes on to see what stood when he began."""
    raise_revision()
    cache().get("something", number)
    elsewhere(app, then="meanwhile")
    cache().get("key", number)
    db.session.remove()
    assert cache().get("key", number) == number()


def test_cache_keeps_no_missing_value(app: Flask) -> None:
    assert cache().get("key", lambda: None) is None
    assert cache().get("key", lambda: "there") == "there"


@pytest.fixture
def away(database_url: str, postgresql_server: PostgreSQL) -> Callable[[], None]:
    """Takes the database away."""

    def take() -> None:
        name = database_name(database_url)
        for statement in (
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)),
            sql.SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
            ).format(sql.Literal(name)),
        ):
            postgresql_server.execute(statement)
        cache().forget()

    return take


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestWithoutTheDatabase:
    PUBLIC = ("/jwks", "/.well-known/openid-configuration")

    def test_metadata_and_keys_are_served_while_the_database_is_down(
        self, rp: RelyingParty, away: Callable[[], None]
    ) -> None:
        before = [rp.http.get(path).get_json() for path in self.PUBLIC]
        raise_revision()
        away()
        for _ in range(2):
            assert [rp.http.get(path).get_json() for path in self.PUBLIC] == before

    def test_token_endpoint_issues_no_token_while_the_database_is_down(
        self, rp: RelyingParty, away: Callable[[], None]
    ) -> None:
        assert rp.credentials().status_code == 200
        assert rp.http.get("/jwks").status_code == 200
        away()
        assert rp.credentials().status_code >= 500
