"""Parts of several threads that commit at once on SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine

from app import waiting
from app.database import together
from app.database.line import Line
from app.database.together import Group, NotCommitted, Together
from app.waiting import in_turn
from tests.conftest import settings

SECONDS = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Of a database with one table of numbers, each of which can be in it once."""
    path = tmp_path / "numbers.sqlite3"
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"check_same_thread": False, "isolation_level": None}
    )
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE number (value INTEGER PRIMARY KEY)")
    yield engine
    engine.dispose()


@pytest.fixture
def writes(engine: Engine) -> Iterator[Together]:
    line = Line(engine)
    yield Together(line)
    line.close()


@pytest.fixture
def site() -> Flask:
    site = Flask(__name__)
    waiting.install(site, settings("sqlite://"))
    return site


def add(writes: Together, *values: int) -> Group:
    group = writes.enter()
    try:
        for value in values:
            writes.line.execute("INSERT INTO number VALUES (?)", (value,))
    except BaseException:
        writes.undo(group)
        raise
    writes.leave(group)
    return group


def on_disk(engine: Engine) -> list[int]:
    """As another connection sees it."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT value FROM number ORDER BY value")
        return [row.value for row in rows]


def in_threads(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_a_part_is_on_disk_once_it_is_settled(writes: Together, engine: Engine) -> None:
    group = add(writes, 1)
    assert on_disk(engine) == []
    writes.settle(group)
    assert on_disk(engine) == [1]


def test_parts_that_come_before_it_is_settled_commit_with_it(
    writes: Together, engine: Engine
) -> None:
    first, second = add(writes, 1), add(writes, 2)
    assert first is second
    writes.settle(first)
    assert on_disk(engine) == [1, 2]
    writes.settle(second)


def test_what_comes_later_is_another_group(writes: Together, engine: Engine) -> None:
    first = add(writes, 1)
    writes.settle(first)
    second = add(writes, 2)
    assert second is not first
    assert on_disk(engine) == [1]
    writes.settle(second)


def test_a_part_that_fails_is_undone_alone(writes: Together, engine: Engine) -> None:
    group = add(writes, 1)
    with pytest.raises(sqlite3.IntegrityError):
        add(writes, 2, 1)
    writes.settle(group)
    assert on_disk(engine) == [1]


def test_a_part_that_fails_first_leaves_nothing_open(writes: Together, engine: Engine) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        add(writes, 1, 1)
    with sqlite3.connect(str(engine.url.database), timeout=0) as other:
        other.execute("INSERT INTO number VALUES (7)")
    writes.settle(add(writes, 1))
    assert on_disk(engine) == [1, 7]


def test_a_part_sees_what_those_before_it_wrote(writes: Together) -> None:
    group = add(writes, 1)
    same = writes.enter()
    assert writes.line.execute("SELECT value FROM number").fetchall() == [(1,)]
    writes.leave(same)
    writes.settle(group)


def test_a_group_that_is_lost_is_lost_for_all_of_it(writes: Together, engine: Engine) -> None:
    first, second = add(writes, 1), add(writes, 2)
    writes.line.execute("PRAGMA query_only = ON")
    writes.line.execute("ROLLBACK")
    for group in (first, second):
        with pytest.raises(NotCommitted):
            writes.settle(group)
    writes.line.execute("PRAGMA query_only = OFF")
    assert on_disk(engine) == []
    writes.settle(add(writes, 3))
    assert on_disk(engine) == [3]


def test_a_group_has_an_end_however_many_come(
    writes: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 2)
    first = add(writes, 1)
    assert add(writes, 2) is first
    third = add(writes, 3)
    assert third is not first
    assert first.over
    writes.settle(third)


def test_requests_at_work_together_are_committed_together(
    writes: Together, engine: Engine, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits a little for who is at work; the last one sees to it."""
    monkeypatch.setattr(together, "PATIENCE", SECONDS)
    groups: list[Group] = []
    all_here = threading.Barrier(3)

    def request(value: int) -> Callable[[], None]:
        def work() -> None:
            all_here.wait(SECONDS)
            with in_turn(site):
                group = add(writes, value)
            writes.settle(group)
            groups.append(group)

        return work

    in_threads(*(request(value) for value in range(3)))
    assert on_disk(engine) == [0, 1, 2]
    assert all(group.over for group in groups)


def test_many_threads_write_all_of_it(writes: Together, engine: Engine, site: Flask) -> None:
    def request(first: int) -> Callable[[], None]:
        def work() -> None:
            for value in range(first, first + 50):
                with in_turn(site):
                    group = add(writes, value)
                writes.settle(group)

        return work

    in_threads(*(request(50 * number) for number in range(8)))
    assert on_disk(engine) == list(range(400))
