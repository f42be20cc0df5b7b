"""Statements that the database's own driver executes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, func, insert, select, update

from app.database import (
    CompiledQuery,
    CompiledStatement,
    NotWriting,
    db,
    writing,
)
from identity.oidc.models import InitialAccessToken

MOMENT = datetime(2026, 9, 1, 12, 30, 15, 250, tzinfo=UTC)

ADD = CompiledStatement(insert(InitialAccessToken))
ADD_AND_TELL = CompiledStatement(insert(InitialAccessToken).returning(InitialAccessToken.id))
BY_HASH: CompiledQuery[Any] = CompiledQuery(
    select(InitialAccessToken.__table__).where(InitialAccessToken.token_hash == bindparam("hash"))
)
USE = CompiledStatement(
    update(InitialAccessToken)
    .where(InitialAccessToken.token_hash == bindparam("hash"), InitialAccessToken.uses_left > 0)
    .values(uses_left=InitialAccessToken.uses_left - 1)
)
HOW_MANY: CompiledQuery[Any] = CompiledQuery(
    select(func.count().label("number")).select_from(InitialAccessToken)
)


def row(name: str) -> dict[str, object]:
    return {
        "token_hash": name,
        "note": "100 % 'quoted'",
        "policy": {"scopes": ["openid"]},
        "uses_left": 1,
        "expires_at": MOMENT,
    }


def test_compiled_statement_returns_rows_as_the_orm_does(app: Flask) -> None:
    with writing():
        ADD.run(**row("a"))
    found = BY_HASH.one(hash="a")
    assert found is not None
    same = db.session.scalars(select(InitialAccessToken)).one()
    for column in InitialAccessToken.__table__.columns:
        assert getattr(found, column.key) == getattr(same, column.key)
    assert (found.expires_at, found.policy) == (MOMENT, {"scopes": ["openid"]})


def test_compiled_insert_fills_columns_with_their_defaults(app: Flask) -> None:
    with writing():
        ADD.run(**row("a"))
        ADD.run(**row("b"))
    first, second = BY_HASH.one(hash="a"), BY_HASH.one(hash="b")
    assert first is not None
    assert second is not None
    assert first.public_id != second.public_id
    assert first.created_at.tzinfo is UTC


def test_compiled_statement_returns_none_without_a_row(app: Flask) -> None:
    assert BY_HASH.one(hash="nothing") is None
    assert BY_HASH.all(hash="nothing") == []


def test_compiled_insert_returns_the_key_of_the_new_row(app: Flask) -> None:
    with writing():
        key = ADD_AND_TELL.added(**row("a"))
    found = BY_HASH.one(hash="a")
    assert found is not None
    assert found.id == key


def test_compiled_update_returns_the_number_of_changed_rows(app: Flask) -> None:
    with writing():
        ADD.run(**row("a"))
        assert [USE.run(hash="a"), USE.run(hash="a")] == [1, 0]


@pytest.mark.parametrize("given", [{}, {"hash": "a", "other": 1}])
def test_compiled_statement_refuses_a_missing_or_unknown_parameter(
    app: Flask, given: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="hash is missing|other"):
        BY_HASH.one(**given)


def test_compiled_insert_is_refused_outside_writing(app: Flask) -> None:
    with pytest.raises(NotWriting):
        ADD.run(**row("a"))


def test_compiled_statement_joins_the_transaction_of_the_session(app: Flask) -> None:
    def fail_after_both() -> None:
        with writing() as session:
            session.add(InitialAccessToken(**row("a")))
            assert BY_HASH.one(hash="a") is not None, "what is pending is there"
            ADD.run(**row("b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_both()
    assert HOW_MANY.one() == (0,)


def test_connections_of_parallel_threads_differ_and_are_used_again(app: Flask) -> None:
    def read(both: threading.Barrier) -> None:
        with app.app_context():
            both.wait(10)
            assert HOW_MANY.one() == (0,)

    opened: list[object] = []
    event.listen(db.engine, "detach", lambda driver, _record: opened.append(driver))
    for _ in range(3):
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(read, [threading.Barrier(2)] * 2))
    assert len(opened) <= 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_read_is_repeated_on_a_new_connection_after_a_lost_one(app: Flask) -> None:
    lose_the_connection()
    assert HOW_MANY.one() == (0,)


def lose_the_connection() -> None:
    """End the free connection of compiled statements at the server."""
    own = CompiledQuery[Any](select(func.pg_backend_pid().label("pid"))).all()[0]
    with db.engine.connect() as other:
        other.execute(select(func.pg_terminate_backend(own.pid)))
