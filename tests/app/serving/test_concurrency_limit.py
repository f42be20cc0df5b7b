"""Slots for requests, and the queue of requests that wait for one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from app.serving.concurrency_limit import ConcurrencyLimit


def test_concurrency_limit_admits_as_many_requests_as_slots() -> None:
    limit, at_work, most = ConcurrencyLimit(3, max_waiting=100, stall_seconds=30), [0], [0]
    lock = threading.Lock()

    def work(_number: int) -> bool:
        if not limit.acquire():
            return False
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.002)
        with lock:
            at_work[0] -= 1
        limit.release(completed=True)
        return True

    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(work, range(80)))
    assert most[0] == 3


def test_concurrency_limit_rejects_a_request_if_the_queue_is_full() -> None:
    limit = ConcurrencyLimit(1, max_waiting=0, stall_seconds=30)
    assert limit.acquire()
    assert not limit.acquire()
    limit.release(completed=True)
    assert limit.acquire()


def test_concurrency_limit_rejects_requests_while_none_completes() -> None:
    limit = ConcurrencyLimit(1, max_waiting=10, stall_seconds=0.3)
    assert limit.acquire()
    begun = time.monotonic()
    assert not limit.acquire()
    assert 0.25 < time.monotonic() - begun < 2
    begun = time.monotonic()
    assert not limit.acquire()
    assert time.monotonic() - begun < 0.2


def test_concurrency_limit_counts_a_failed_request_as_no_progress() -> None:
    limit = ConcurrencyLimit(2, max_waiting=10, stall_seconds=0.3)
    assert limit.acquire()
    assert limit.acquire()
    time.sleep(0.35)
    limit.release(completed=False)
    assert limit.acquire()
    assert not limit.acquire()
    limit.release(completed=True)
    assert limit.acquire()
