"""Parts of several threads that commit at once on SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from app.database import group_commit
from app.database.dbapi_connection import DbapiConnection
from app.database.group_commit import ArrivalEstimate, CommitGroup, GroupCommit, NotCommitted
from app.database.write_lock import acquire_write_lock, release_write_lock, waiting_at_most

SECONDS = 10
ADD = "INSERT INTO number VALUES (?)"


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
def writes(engine: Engine) -> Iterator[GroupCommit]:
    line = DbapiConnection(engine)
    yield GroupCommit(line)
    line.close()


def add(writes: GroupCommit, *values: int) -> CommitGroup:
    group = writes.enter()
    try:
        for value in values:
            writes.line.execute(ADD, (value,))
    except BaseException:
        writes.undo(group)
        raise
    writes.leave(group, {})
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


def test_a_part_is_on_disk_once_it_is_settled(writes: GroupCommit, engine: Engine) -> None:
    group = add(writes, 1)
    assert on_disk(engine) == []
    writes.settle(group)
    assert on_disk(engine) == [1]


def test_parts_that_come_before_it_is_settled_commit_with_it(
    writes: GroupCommit, engine: Engine
) -> None:
    first, second = add(writes, 1), add(writes, 2)
    assert first is second
    writes.settle(first)
    assert on_disk(engine) == [1, 2]
    writes.settle(second)


def test_what_comes_later_is_another_group(writes: GroupCommit, engine: Engine) -> None:
    first = add(writes, 1)
    writes.settle(first)
    second = add(writes, 2)
    assert second is not first
    assert on_disk(engine) == [1]
    writes.settle(second)


def test_a_part_that_fails_is_undone_alone(writes: GroupCommit, engine: Engine) -> None:
    group = add(writes, 1)
    with pytest.raises(sqlite3.IntegrityError):
        add(writes, 2, 1)
    writes.settle(group)
    assert on_disk(engine) == [1]


def test_nobody_is_kept_from_writing_by_a_part_that_could_not_begin(
    writes: GroupCommit, engine: Engine
) -> None:
    group = writes.add({ADD: [(1,)]})
    with sqlite3.connect(str(engine.url.database), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with waiting_at_most(0.1), pytest.raises(sqlite3.OperationalError, match="locked"):
            add(writes, 2)
        other.execute("ROLLBACK")
    writes.settle(group)
    assert on_disk(engine) == [1]
    # Would be waited for half a minute, were it taken.
    acquire_write_lock()
    release_write_lock()


def test_a_connection_that_is_closed_half_way_loses_the_group(
    writes: GroupCommit, engine: Engine
) -> None:
    group = add(writes, 1)
    writes.line.close()
    with pytest.raises(NotCommitted):
        writes.settle(group)
    writes.settle(add(writes, 2))
    assert on_disk(engine) == [2]


def test_an_interruption_is_told_to_all(
    writes: GroupCommit, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add(writes, 1), add(writes, 2)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(writes.line, "commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writes.settle(first)
    with pytest.raises(NotCommitted):
        writes.settle(second)
    assert on_disk(engine) == []
    writes.settle(add(writes, 3))


def test_a_part_that_fails_first_leaves_nothing_open(writes: GroupCommit, engine: Engine) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        add(writes, 1, 1)
    with sqlite3.connect(str(engine.url.database), timeout=0) as other:
        other.execute("INSERT INTO number VALUES (7)")
    writes.settle(add(writes, 1))
    assert on_disk(engine) == [1, 7]


def test_a_part_sees_what_those_before_it_wrote(writes: GroupCommit) -> None:
    group = add(writes, 1)
    same = writes.enter()
    assert writes.line.execute("SELECT value FROM number").fetchall() == [(1,)]
    writes.leave(same, {})
    writes.settle(group)


def test_a_group_that_is_lost_is_lost_for_all_of_it(writes: GroupCommit, engine: Engine) -> None:
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
    writes: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MOST", 2)
    first = add(writes, 1)
    assert add(writes, 2) is first
    third = add(writes, 3)
    assert third is not first
    assert first.over
    writes.settle(third)


def test_a_part_may_have_nothing_but_rows_to_add(writes: GroupCommit, engine: Engine) -> None:
    first, second = writes.add({ADD: [(1,), (2,)]}), writes.add({ADD: [(3,)]})
    assert first is second
    with sqlite3.connect(str(engine.url.database), timeout=0) as other:
        other.execute("INSERT INTO number VALUES (7)")
    writes.settle(first)
    assert on_disk(engine) == [1, 2, 3, 7]


def test_rows_are_added_after_all_else(writes: GroupCommit, engine: Engine) -> None:
    group = writes.enter()
    writes.line.execute("INSERT INTO number VALUES (1)")
    writes.leave(group, {ADD: [(2,)]})
    again = writes.enter()
    assert writes.line.execute("SELECT value FROM number").fetchall() == [(1,)]
    writes.leave(again, {})
    writes.settle(group)
    assert on_disk(engine) == [1, 2]


def test_rows_of_others_stay_where_a_part_fails_first(writes: GroupCommit, engine: Engine) -> None:
    group = writes.add({ADD: [(1,)]})
    with pytest.raises(sqlite3.IntegrityError):
        add(writes, 2, 2)
    writes.settle(group)
    assert on_disk(engine) == [1]


def test_a_row_that_cannot_be_added_loses_the_group(writes: GroupCommit, engine: Engine) -> None:
    first, second = writes.add({ADD: [(1,)]}), writes.add({ADD: [(1,)]})
    for group in (first, second):
        with pytest.raises(NotCommitted):
            writes.settle(group)
    assert on_disk(engine) == []


def test_parts_that_come_at_once_are_waited_for(
    writes: GroupCommit, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a group has shown how many come; the last one of them ends it."""
    monkeypatch.setattr(group_commit, "PATIENCE", SECONDS)
    writes.settle([add(writes, value) for value in (1, 2, 3)][-1])
    groups: list[CommitGroup] = []

    def request(value: int) -> Callable[[], None]:
        def work() -> None:
            group = add(writes, value)
            groups.append(group)
            writes.settle(group)

        return work

    in_threads(*(request(value) for value in range(4, 7)))
    assert on_disk(engine) == [1, 2, 3, 4, 5, 6]
    assert len(set(groups)) == 1


def test_group_commit_delays_a_single_request_only_briefly(
    writes: GroupCommit, engine: Engine
) -> None:
    writes.settle([add(writes, value) for value in (1, 2, 3)][-1])
    writes.settle(add(writes, 4))
    assert on_disk(engine) == [1, 2, 3, 4]


def test_many_threads_write_all_of_it(writes: GroupCommit, engine: Engine) -> None:
    def request(first: int) -> Callable[[], None]:
        def work() -> None:
            for value in range(first, first + 50, 2):
                writes.settle(add(writes, value))
                writes.settle(writes.add({ADD: [(value + 1,)]}))

        return work

    in_threads(*(request(50 * number) for number in range(8)))
    assert on_disk(engine) == list(range(400))


def test_as_many_are_expected_as_came_and_were_too_late() -> None:
    crowd = ArrivalEstimate()
    crowd.came(1, too_late=0)
    assert crowd.expected == 1
    crowd.came(3, too_late=2)
    assert crowd.expected == 5


def test_fewer_are_expected_once_fewer_have_come_twice() -> None:
    crowd = ArrivalEstimate()
    crowd.came(4, too_late=4)
    crowd.came(4, too_late=0)
    assert crowd.expected == 8
    crowd.came(8, too_late=0)
    crowd.came(2, too_late=0)
    crowd.came(1, too_late=0)
    assert crowd.expected == 1
