"""Places at work, and who waits for one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from app.serving.turns import Turns


def test_turns_lets_no_more_than_its_places_work_at_once() -> None:
    turns, at_work, most = Turns(3, waiting=100, stall=30), [0], [0]
    lock = threading.Lock()

    def work(_number: int) -> bool:
        if not turns.take():
            return False
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.002)
        with lock:
            at_work[0] -= 1
        turns.give(done=True)
        return True

    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(work, range(80)))
    assert most[0] == 3


def test_turns_refuses_more_than_may_wait() -> None:
    turns = Turns(1, waiting=0, stall=30)
    assert turns.take()
    assert not turns.take()
    turns.give(done=True)
    assert turns.take()


def test_turns_refuses_to_wait_behind_work_that_stalls() -> None:
    turns = Turns(1, waiting=10, stall=0.3)
    assert turns.take()
    begun = time.monotonic()
    assert not turns.take()
    assert 0.25 < time.monotonic() - begun < 2
    begun = time.monotonic()
    assert not turns.take()
    assert time.monotonic() - begun < 0.2


def test_turns_counts_work_that_could_not_be_done_as_no_progress() -> None:
    turns = Turns(2, waiting=10, stall=0.3)
    assert turns.take()
    assert turns.take()
    time.sleep(0.35)
    turns.give(done=False)
    assert turns.take()
    assert not turns.take()
    turns.give(done=True)
    assert turns.take()
