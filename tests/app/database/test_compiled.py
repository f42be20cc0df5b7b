"""Statements that the driver itself runs."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask
from sqlalchemy import bindparam, func, insert, select, update

from app.actors import SYSTEM
from app.audit import AuditEvent, Event, declare, record
from app.database import (
    CompiledStatement,
    NotCommitted,
    NotWriting,
    connections,
    db,
    flushed_at_end,
    writing,
    writing_compiled,
)
from app.http_client import Unreachable, fetch
from identity.oidc.models import InitialAccessToken

MOMENT = datetime(2026, 9, 1, 12, 30, 15, 250, tzinfo=UTC)

ADD = CompiledStatement(insert(InitialAccessToken))
ADD_AND_TELL = CompiledStatement(insert(InitialAccessToken).returning(InitialAccessToken.id))
BY_HASH = CompiledStatement(
    select(InitialAccessToken.__table__).where(InitialAccessToken.token_hash == bindparam("hash"))
)
USE = CompiledStatement(
    update(InitialAccessToken)
    .where(InitialAccessToken.token_hash == bindparam("hash"), InitialAccessToken.uses_left > 0)
    .values(uses_left=InitialAccessToken.uses_left - 1)
)
HOW_MANY = CompiledStatement(select(func.count().label("number")).select_from(InitialAccessToken))


def row(name: str) -> dict[str, object]:
    return {
        "token_hash": name,
        "note": "100 % 'quoted'",
        "policy": {"scopes": ["openid"]},
        "uses_left": 1,
        "expires_at": MOMENT,
    }


def test_rows_come_as_the_orm_would_give_them(app: Flask) -> None:
    with writing_compiled():
        ADD.run(**row("a"))
    found = BY_HASH.one(hash="a")
    assert found is not None
    same = db.session.scalars(select(InitialAccessToken)).one()
    for column in InitialAccessToken.__table__.columns:
        assert getattr(found, column.key) == getattr(same, column.key)
    assert (found.expires_at, found.policy) == (MOMENT, {"scopes": ["openid"]})


def test_columns_that_are_left_out_take_their_defaults(app: Flask) -> None:
    with writing_compiled():
        ADD.run(**row("a"))
        ADD.run(**row("b"))
    first, second = BY_HASH.one(hash="a"), BY_HASH.one(hash="b")
    assert first is not None
    assert second is not None
    assert first.public_id != second.public_id
    assert first.created_at.tzinfo is UTC


def test_what_is_not_there_is_none(app: Flask) -> None:
    assert BY_HASH.one(hash="nothing") is None
    assert BY_HASH.all(hash="nothing") == []


def test_the_key_that_comes_back_is_that_of_the_new_row(app: Flask) -> None:
    with writing_compiled():
        key = ADD_AND_TELL.added(**row("a"))
    found = BY_HASH.one(hash="a")
    assert found is not None
    assert found.id == key


def test_the_count_of_changed_rows_decides(app: Flask) -> None:
    with writing_compiled():
        ADD.run(**row("a"))
        assert [USE.run(hash="a"), USE.run(hash="a")] == [1, 0]


@pytest.mark.parametrize("given", [{}, {"hash": "a", "other": 1}])
def test_a_parameter_that_is_missing_or_unknown_is_an_error(
    app: Flask, given: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="hash is missing|other"):
        BY_HASH.one(**given)


def test_writing_outside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(NotWriting):
        ADD.run(**row("a"))


def test_nothing_is_left_of_a_transaction_that_an_exception_ends(app: Flask) -> None:
    def fail_half_way() -> None:
        with writing_compiled():
            ADD.run(**row("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert BY_HASH.one(hash="a") is None


def test_a_statement_joins_the_session_that_writes(app: Flask) -> None:
    def fail_after_both() -> None:
        with writing() as session:
            session.add(InitialAccessToken(**row("a")))
            with writing_compiled():
                assert BY_HASH.one(hash="a") is not None, "what is pending is there"
                ADD.run(**row("b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_both()
    assert HOW_MANY.one() == (0,)


def test_the_session_sees_what_was_written_plainly_while_it_was_reading(app: Flask) -> None:
    assert db.session.scalar(select(func.count()).select_from(InitialAccessToken)) == 0
    with writing_compiled():
        ADD.run(**row("a"))
    assert db.session.scalar(select(func.count()).select_from(InitialAccessToken)) == 1


def test_the_orm_is_refused_while_a_plain_transaction_is_open(app: Flask) -> None:
    def open_both() -> None:
        with writing_compiled(), writing():
            pass

    with pytest.raises(RuntimeError, match="plain transaction"):
        open_both()
    with writing() as session:
        session.add(InitialAccessToken(**row("a")))


def test_an_audit_row_is_part_of_the_plain_transaction(app: Flask) -> None:
    declare(app, [Event("test.happened", "{actor} did something")])

    def fail_after_the_row() -> None:
        with writing_compiled():
            record("test.happened", actor=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_the_row()
    with writing_compiled():
        record("test.happened", actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_writers_of_both_kinds_wait_for_each_other(app: Flask) -> None:
    def write(number: int) -> None:
        with app.app_context():
            for turn in range(10):
                with writing_compiled():
                    ADD.run(**row(f"{number}.{turn}"))
                with writing() as session:
                    session.add(InitialAccessToken(**row(f"{number}.{turn} again")))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert HOW_MANY.one() == (80,)


def test_who_wrote_plainly_may_write_with_the_session_before_the_end(app: Flask) -> None:
    with flushed_at_end():
        with writing_compiled():
            ADD.run(**row("a"))
        with writing() as session:
            session.add(InitialAccessToken(**row("b")))
    assert HOW_MANY.one() == (2,)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_group_commit_reports_a_lost_commit_to_its_own_request_once(app: Flask) -> None:
    def lose() -> None:
        with writing_compiled():
            ADD.run(**row("a"))
            connections.current_connection().execute("ROLLBACK")

    def write_twice() -> None:
        with flushed_at_end():
            for _ in range(2):
                with suppress(sqlite3.OperationalError):
                    lose()
                with writing_compiled():
                    ADD.add_in_the_end(**row("b"))
            raise ZeroDivisionError

    with pytest.raises((NotCommitted, ZeroDivisionError)):
        write_twice()
    connections.flush_group()
    with writing_compiled():
        ADD.run(**row("c"))
    assert BY_HASH.one(hash="c") is not None


def test_what_was_written_is_read_before_the_end(app: Flask) -> None:
    with flushed_at_end():
        with writing_compiled():
            ADD.run(**row("a"))
        assert BY_HASH.one(hash="a") is not None
        with writing_compiled():
            ADD.run(**row("b"))
        assert db.session.scalar(select(func.count()).select_from(InitialAccessToken)) == 2


def test_a_row_that_is_added_in_the_end_is_there_after_it(app: Flask) -> None:
    with writing_compiled():
        ADD.add_in_the_end(**row("a"))
        ADD.run(**row("b"))
    assert HOW_MANY.one() == (2,)


def test_a_row_that_would_be_added_in_the_end_goes_with_the_transaction(app: Flask) -> None:
    def fail_half_way() -> None:
        with writing_compiled():
            ADD.add_in_the_end(**row("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with writing_compiled():
        ADD.run(**row("b"))
    assert HOW_MANY.one() == (1,)


def test_adding_in_the_end_outside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(NotWriting):
        ADD.add_in_the_end(**row("a"))


def test_what_was_written_is_on_disk_before_a_call_goes_out(app: Flask) -> None:
    seen: list[object] = []

    def look() -> None:
        with app.app_context():
            seen.append(BY_HASH.one(hash="a"))

    with flushed_at_end():
        with writing_compiled():
            ADD.run(**row("a"))
        with pytest.raises(Unreachable):
            fetch("GET", "https://10.0.0.1/")
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert seen != [None]


def test_threads_use_connections_of_their_own_and_then_each_others(app: Flask) -> None:
    def ask(hold: threading.Barrier) -> int:
        with app.app_context():
            assert HOW_MANY.one() == (0,)
            line = id(connections.current_connection())
            hold.wait(10)
            return line

    connections.connections().give_back()
    with ThreadPoolExecutor(2) as threads:
        first = set(threads.map(ask, [threading.Barrier(2)] * 2))
        again = set(threads.map(ask, [threading.Barrier(2)] * 2))
    assert len(first) == 2
    assert again == first


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_was_lost_is_made_anew(app: Flask) -> None:
    own = CompiledStatement(select(func.pg_backend_pid().label("pid"))).all()[0]
    with db.engine.connect() as other:
        other.execute(select(func.pg_terminate_backend(own.pid)))
    assert HOW_MANY.one() == (0,)
    with writing_compiled():
        ADD.run(**row("a"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_transaction_whose_connection_was_lost_is_not_begun_again(app: Flask) -> None:
    def lose_it_half_way() -> None:
        with writing_compiled():
            ADD.run(**row("a"))
            own = CompiledStatement(select(func.pg_backend_pid().label("pid"))).all()[0]
            with db.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(own.pid)))
            ADD.run(**row("b"))

    with pytest.raises(psycopg.OperationalError):
        lose_it_half_way()
    assert HOW_MANY.one() == (0,)
