"""Units of several threads that commit together on SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    bindparam,
    create_engine,
    insert,
    update,
)

from app.database import group_commit
from app.database.compiled import REQUIRED, CompiledStatement
from app.database.dbapi_connection import DbapiConnection
from app.database.failures import is_unavailable
from app.database.group_commit import ArrivalEstimate, GroupCommit, NotCommitted
from app.database.unit_writers import SqliteWriter
from app.database.write_lock import acquire_write_lock, release_write_lock, waiting_at_most

SECONDS = 10
Result = TypeVar("Result")
NUMBER = Table("number", MetaData(), Column("value", Integer, primary_key=True))
ADD = CompiledStatement(
    insert(NUMBER).values(value=bindparam("value")), defaults={"value": REQUIRED}
)
MOVE = CompiledStatement(
    update(NUMBER).where(NUMBER.c.value == bindparam("old")).values(value=bindparam("new"))
)


class Database:
    """A database of numbers, each of which can be in it once, and the group commit under test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: Engine = create_engine(
            f"sqlite:///{path}", connect_args={"check_same_thread": False, "isolation_level": None}
        )
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE number (value INTEGER PRIMARY KEY)")
        self.connection = DbapiConnection(self.engine)
        self.group = GroupCommit(SqliteWriter(self.connection))

    def add(self, *values: int) -> bool:
        return self.group.commit(None, [ADD.with_values(value=value) for value in values])

    def move(self, value: int, to: int, *, adding: int) -> bool:
        claim = MOVE.with_values(old=value, new=to)
        return self.group.commit(claim, [ADD.with_values(value=adding)])

    def on_disk(self) -> list[int]:
        """As another connection reads them."""
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT value FROM number ORDER BY value")
            return [row.value for row in rows]


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "numbers.sqlite3")
    yield database
    database.connection.close()
    database.engine.dispose()


@pytest.fixture
def commits(numbers: Database) -> list[str]:
    """Commits on the connection of the group, as SQLite reports them."""
    seen: list[str] = []
    numbers.add(1000)
    cursor = cast(sqlite3.Cursor, numbers.connection.execute(("SELECT 1", ())))
    driver = cursor.connection
    driver.set_trace_callback(lambda text: seen.append(text) if text == "COMMIT" else None)
    return seen


def at_once(*works: Callable[[], Result]) -> list[Result]:
    with ThreadPoolExecutor(len(works)) as threads:
        return [done.result(SECONDS) for done in [threads.submit(work) for work in works]]


def test_unit_is_on_disk_when_commit_returns(numbers: Database) -> None:
    numbers.add(1, 2)
    assert numbers.on_disk() == [1, 2]


def test_unit_with_its_claim_is_stored(numbers: Database) -> None:
    numbers.add(1)
    assert numbers.move(1, 2, adding=3)
    assert numbers.on_disk() == [2, 3]


def test_unit_without_its_claim_is_not_stored(numbers: Database) -> None:
    assert not numbers.move(1, 2, adding=3)
    assert numbers.on_disk() == []


def test_units_that_arrive_together_share_a_commit(
    numbers: Database, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE", SECONDS)
    numbers.group.arrivals.expected = 3
    at_once(*(lambda value=value: numbers.add(value) for value in (1, 2, 3)))
    assert numbers.on_disk() == [1, 2, 3, 1000]
    assert commits == ["COMMIT"]


def test_claim_is_given_to_one_unit_of_a_group(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers.add(1)
    monkeypatch.setattr(group_commit, "PATIENCE", SECONDS)
    numbers.group.arrivals.expected = 2
    won = at_once(lambda: numbers.move(1, 2, adding=3), lambda: numbers.move(1, 2, adding=3))
    assert sorted(won) == [False, True]
    assert numbers.on_disk() == [2, 3]


def test_unit_that_fails_leaves_the_others_of_its_group_stored(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers.add(1)
    monkeypatch.setattr(group_commit, "PATIENCE", SECONDS)
    numbers.group.arrivals.expected = 3

    def add_a_second_time() -> None:
        with pytest.raises(NotCommitted) as caught:
            numbers.add(9, 1)
        assert not is_unavailable(caught.value)

    at_once(lambda: numbers.add(2), add_a_second_time, lambda: numbers.add(3))
    assert numbers.on_disk() == [1, 2, 3]


def test_single_unit_waits_only_briefly_for_units_that_do_not_arrive(numbers: Database) -> None:
    numbers.group.arrivals.expected = 8
    numbers.add(1)
    assert numbers.on_disk() == [1]


def test_group_has_an_end_however_many_units_arrive(
    numbers: Database, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MOST", 2)
    numbers.group.arrivals.expected = 4
    at_once(*(lambda value=value: numbers.add(value) for value in (1, 2, 3, 4)))
    assert numbers.on_disk() == [1, 2, 3, 4, 1000]
    assert len(commits) >= 2


def test_units_of_a_locked_database_are_reported_as_unavailable(numbers: Database) -> None:
    numbers.add(1)
    with sqlite3.connect(numbers.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with waiting_at_most(0.1), pytest.raises(NotCommitted) as caught:
            numbers.add(2)
        other.execute("ROLLBACK")
    assert is_unavailable(caught.value)
    numbers.add(3)
    assert numbers.on_disk() == [1, 3]
    # A write lock that is still held would be waited for half a minute.
    acquire_write_lock()
    release_write_lock()


def test_group_of_a_read_only_database_is_lost_once(numbers: Database) -> None:
    numbers.add(1)
    numbers.connection.execute(("PRAGMA query_only = ON", ()))
    with pytest.raises(NotCommitted):
        numbers.add(2)
    numbers.connection.execute(("PRAGMA query_only = OFF", ()))
    numbers.add(3)
    assert numbers.on_disk() == [1, 3]


def test_connection_that_was_closed_is_opened_again(numbers: Database) -> None:
    numbers.add(1)
    numbers.connection.close()
    numbers.add(2)
    assert numbers.on_disk() == [1, 2]


def test_interrupted_commit_is_reported_to_all_units_of_its_group(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def lose(value: int) -> type[BaseException]:
        try:
            numbers.add(value)
        except BaseException as error:  # noqa: BLE001  # compared below
            return type(error)
        raise AssertionError("the unit was reported as stored")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(group_commit, "PATIENCE", SECONDS)
        numbers.group.arrivals.expected = 2
        meanwhile.setattr(numbers.connection, "commit", interrupted)
        assert set(at_once(lambda: lose(1), lambda: lose(2))) == {KeyboardInterrupt, NotCommitted}
    assert numbers.on_disk() == []
    numbers.add(3)
    assert numbers.on_disk() == [3]


def test_units_of_many_threads_are_all_stored(numbers: Database) -> None:
    def write(first: int) -> None:
        for value in range(first, first + 50):
            numbers.add(value)

    at_once(*(lambda first=first: write(first) for first in range(0, 400, 50)))
    assert numbers.on_disk() == list(range(400))


def test_commit_releases_the_writer_for_other_threads(numbers: Database) -> None:
    finished = threading.Event()

    def write() -> None:
        numbers.add(1)
        finished.set()

    threading.Thread(target=write, daemon=True).start()
    assert finished.wait(SECONDS)
    numbers.add(2)
    assert numbers.on_disk() == [1, 2]


def test_arrival_estimate_counts_units_that_came_too_late() -> None:
    arrivals = ArrivalEstimate()
    arrivals.came(1, too_late=0)
    assert arrivals.expected == 1
    arrivals.came(3, too_late=2)
    assert arrivals.expected == 5


def test_arrival_estimate_falls_after_two_smaller_groups() -> None:
    arrivals = ArrivalEstimate()
    arrivals.came(4, too_late=4)
    arrivals.came(4, too_late=0)
    assert arrivals.expected == 8
    arrivals.came(8, too_late=0)
    arrivals.came(2, too_late=0)
    arrivals.came(1, too_late=0)
    assert arrivals.expected == 1
