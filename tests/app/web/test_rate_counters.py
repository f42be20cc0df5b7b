"""Counters in memory that several threads use at once."""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage

from app.web import rate_counters
from app.web.rate_counters import MovingWindow, ThreadSafeStorage

THREADS, TOGETHER = 16, 100


@pytest.fixture
def _threads_that_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_that_change_often")
def test_incr_counts_each_hit_of_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_counters, "EXPIRY_SECONDS", 0.01)
    counters = ThreadSafeStorage()
    barrier = threading.Barrier(THREADS)

    def hit(_thread: int) -> int:
        for _ in range(TOGETHER):
            # The timer of the last hits has ended, and all come at once.
            counters.timer.join()
            barrier.wait(10)
            counters.incr("one", 60)
        return TOGETHER

    with ThreadPoolExecutor(THREADS) as pool:
        hits = sum(pool.map(hit, range(THREADS)))
    assert counters.get("one") == hits


@pytest.mark.usefixtures("_threads_that_change_often")
def test_acquire_entry_admits_the_limit_of_many_threads() -> None:
    counters = ThreadSafeStorage()
    with ThreadPoolExecutor(THREADS) as pool:
        let_in = pool.map(lambda _: counters.acquire_entry("one", 100, 60), range(1600))
    assert sum(let_in) == 100


def test_counts_start_no_thread_while_the_last_one_waits() -> None:
    # The library's timer ends after 10 ms, and each later count starts another thread.
    counters = ThreadSafeStorage()
    counters.acquire_entry("one", 100, 60)
    first = counters.timer
    time.sleep(0.05)
    counters.acquire_entry("one", 100, 60)
    counters.incr("two", 60)
    assert counters.timer is first
    assert first.is_alive()


def test_expired_counts_are_removed_without_further_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_counters, "EXPIRY_SECONDS", 0.01)
    counters = ThreadSafeStorage()
    with time_machine.travel(time.time() - 7200):
        counters.acquire_entry("one", 100, 60)
        counters.incr("two", 60)
    counters.timer.join(10)
    assert not counters.storage
    assert not counters.events.get("one")


def test_counts_are_dropped_after_the_clock_was_ahead() -> None:
    counters = ThreadSafeStorage()
    with time_machine.travel(time.time() + 7200):
        assert counters.acquire_entry("window", 1, 60)
        counters.incr("fixed", 60)
    assert counters.acquire_entry("window", 1, 60)
    assert not counters.acquire_entry("window", 1, 60)
    assert counters.incr("fixed", 60) == 1


@pytest.mark.usefixtures("_threads_that_change_often")
def test_moving_window_replaces_the_counters_of_the_library_for_the_time_without_redis() -> None:
    fallback = MovingWindow(MemoryStorage())
    limit = RateLimitItemPerMinute(100)
    with ThreadPoolExecutor(THREADS) as pool:
        hits = pool.map(lambda _: fallback.hit(limit, "one"), range(1600))
    assert sum(hits) == 100
    assert isinstance(fallback.storage, ThreadSafeStorage)


def test_moving_window_counts_in_the_storage_that_is_set() -> None:
    counters = ThreadSafeStorage()
    assert MovingWindow(counters).storage is counters
