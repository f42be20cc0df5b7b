"""Units of work: a claim and the changes that hold with it, committed together or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, insert, select, text, update

from app.actors import SYSTEM
from app.audit import EVENTS, AuditEvent, Event, audit_row
from app.clock import now
from app.database import (
    Change,
    ChildInsert,
    CompiledStatement,
    NotCommitted,
    commit_unit,
    db,
    group_commit,
    unit_of_work,
    writing,
)
from app.database.failures import is_unavailable
from app.database.single_use import insert_if_absent
from identity.accounts.models import Account, Suspension
from identity.oidc.models import InitialAccessToken, UsedOnce

THREADS = 40

ADD = CompiledStatement(insert(InitialAccessToken))
USE = CompiledStatement(
    update(InitialAccessToken)
    .where(InitialAccessToken.token_hash == bindparam("hash"), InitialAccessToken.uses_left > 0)
    .values(uses_left=InitialAccessToken.uses_left - 1)
)
RENAME = CompiledStatement(
    update(InitialAccessToken)
    .where(InitialAccessToken.token_hash == bindparam("hash"))
    .values(note=bindparam("name"))
)
ONCE = insert_if_absent(UsedOnce)

ADD_ACCOUNT = CompiledStatement(insert(Account))
SUSPEND = ChildInsert(
    insert(Suspension),
    foreign_key=Suspension.account_id,
    parent=ADD_ACCOUNT,
    unique=Account.subject,
)


def token(name: str, note: str = "100 % 'quoted'") -> Change:
    return ADD.with_values(
        token_hash=name,
        note=note,
        policy={"scopes": ["openid"]},
        uses_left=1,
        expires_at=now() + timedelta(days=1),
    )


def stored() -> dict[str, str]:
    """Notes by hash, as another transaction reads them."""
    db.session.rollback()
    rows = db.session.execute(select(InitialAccessToken.token_hash, InitialAccessToken.note))
    return {row.token_hash: row.note for row in rows}


def person_with_suspension(subject: str, since: datetime) -> list[Change]:
    """Return an account and a row below it, whose key no statement knows."""
    return [
        ADD_ACCOUNT.with_values(
            subject=subject,
            email=subject,
            email_key=subject,
            given_name="Ada",
            family_name="Lovelace",
        ),
        SUSPEND.with_values(parent=subject, valid_from=since),
    ]


def suspensions() -> list[tuple[str, datetime]]:
    """Subjects and beginnings of the suspensions, as another transaction reads them."""
    db.session.rollback()
    rows = db.session.execute(
        select(Account.subject, Suspension.valid_from)
        .join(Suspension, Suspension.account_id == Account.id)
        .order_by(Account.subject)
    )
    return [(row.subject, row.valid_from) for row in rows]


def test_unit_without_a_claim_stores_all_changes(app: Flask) -> None:
    assert commit_unit(token("a"), token("b"), RENAME.with_values(hash="c", name="d"))
    assert set(stored()) == {"a", "b"}


def test_unit_stores_values_as_the_orm_does(app: Flask) -> None:
    commit_unit(token("a"), token("b"))
    first, second = db.session.scalars(
        select(InitialAccessToken).order_by(InitialAccessToken.token_hash)
    )
    assert first.policy == {"scopes": ["openid"]}
    assert first.note == "100 % 'quoted'"
    assert first.created_at.tzinfo is not None
    assert first.public_id != second.public_id


def test_unit_changes_rows_with_its_claim(app: Flask) -> None:
    commit_unit(token("a"), token("b"))
    use, rename = USE.with_values(hash="a"), RENAME.with_values(hash="b", name="renamed")
    assert commit_unit(token("c"), rename, claim=use)
    assert stored() == {"a": "100 % 'quoted'", "b": "renamed", "c": "100 % 'quoted'"}


def test_unit_changes_nothing_without_its_claim(app: Flask) -> None:
    commit_unit(token("a"), token("b"))
    assert commit_unit(claim=USE.with_values(hash="a"))
    rename = RENAME.with_values(hash="b", name="renamed")
    assert not commit_unit(token("c"), rename, claim=USE.with_values(hash="a"))
    assert stored() == {"a": "100 % 'quoted'", "b": "100 % 'quoted'"}


def test_unit_claims_a_key_by_adding_it(app: Flask) -> None:
    once = ONCE.with_values(key_hash="x" * 64, expires_at=now())
    assert commit_unit(token("a"), claim=once)
    assert not commit_unit(token("b"), claim=once)
    assert set(stored()) == {"a"}


def test_unit_adds_rows_below_its_own_new_rows(app: Flask) -> None:
    # The database gives the keys of the accounts, and each account has its own suspension.
    day, later = now(), now() + timedelta(days=1)
    assert commit_unit(*person_with_suspension("a", day))
    assert commit_unit(*person_with_suspension("b", later), token("c"))
    assert suspensions() == [("a", day), ("b", later)]


def test_unit_adds_nothing_below_a_row_that_its_claim_prevents(app: Flask) -> None:
    never = USE.with_values(hash="unknown")
    assert not commit_unit(*person_with_suspension("a", now()), claim=never)
    assert suspensions() == []


def test_row_below_a_new_row_is_added_inside_writing(app: Flask) -> None:
    day = now()
    with writing():
        for change in person_with_suspension("a", day):
            change.run()
    assert suspensions() == [("a", day)]


def test_claim_is_given_to_one_of_forty_parallel_units(app: Flask) -> None:
    commit_unit(token("a"))
    together = threading.Barrier(THREADS)

    def claim(number: int) -> bool:
        with app.app_context():
            together.wait(30)
            return commit_unit(token(f"new {number}"), claim=USE.with_values(hash="a"))

    with ThreadPoolExecutor(THREADS) as threads:
        won = [number for number, got in enumerate(threads.map(claim, range(THREADS))) if got]
    assert len(won) == 1
    assert set(stored()) == {"a", f"new {won[0]}"}


def test_unit_of_an_impossible_change_stores_nothing(app: Flask) -> None:
    commit_unit(token("a"))
    with pytest.raises(NotCommitted):
        commit_unit(token("b"), token("a"), claim=USE.with_values(hash="a"))
    assert set(stored()) == {"a"}
    assert commit_unit(claim=USE.with_values(hash="a"))


def test_unit_that_fails_leaves_the_others_of_its_group_stored(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_unit(token("a"))
    monkeypatch.setattr(group_commit, "PATIENCE", 10)
    group = unit_of_work.group_commit.of(app)
    group.arrivals.expected = 3

    def commit(names: tuple[str, ...]) -> bool:
        with app.app_context():
            try:
                return commit_unit(*(token(name) for name in names))
            except NotCommitted as error:
                return is_unavailable(error)

    with ThreadPoolExecutor(3) as threads:
        stored_or_unavailable = threads.map(commit, [("b",), ("c", "a"), ("d",)])
        assert list(stored_or_unavailable) == [True, False, True]
    assert set(stored()) == {"a", "b", "d"}


def test_unit_is_refused_inside_writing(app: Flask) -> None:
    def nest() -> None:
        with writing():
            commit_unit(token("a"))

    with pytest.raises(RuntimeError, match="by itself"):
        nest()
    assert stored() == {}


def test_session_that_was_reading_sees_the_unit(app: Flask) -> None:
    count = select(func.count()).select_from(InitialAccessToken)
    assert db.session.scalar(count) == 0
    commit_unit(token("a"))
    assert db.session.scalar(count) == 1


def test_audit_row_is_part_of_the_unit(app: Flask) -> None:
    EVENTS.add(app, Event("test.happened", "{actor} did something"))
    commit_unit(token("a"))
    for _ in range(2):
        commit_unit(audit_row("test.happened", actor=SYSTEM), claim=USE.with_values(hash="a"))
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_units_and_sessions_write_in_turn(app: Flask) -> None:
    def write(number: int) -> None:
        with app.app_context():
            for turn in range(10):
                commit_unit(token(f"{number}.{turn}"))
                with writing():
                    token(f"{number}.{turn} again").run()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert len(stored()) == 80


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_unit_is_written_on_a_new_connection_after_the_server_closed_one(app: Flask) -> None:
    commit_unit(token("a"))
    with db.engine.connect() as other:
        # Waits for the end of each, five seconds at most.
        others = text(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        other.execute(others)
    assert commit_unit(token("b"))
    assert set(stored()) == {"a", "b"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_unit_is_not_repeated_when_its_connection_is_lost(app: Flask) -> None:
    """The server may have committed it, so the request is answered 503."""
    lose = CompiledStatement(
        update(InitialAccessToken)
        .where(
            InitialAccessToken.token_hash == bindparam("hash"),
            func.pg_terminate_backend(func.pg_backend_pid()),
        )
        .values(note="lost")
    )
    commit_unit(token("a"))
    with pytest.raises(NotCommitted) as caught:
        commit_unit(lose.with_values(hash="a"))
    assert is_unavailable(caught.value)
    assert stored() == {"a": "100 % 'quoted'"}
