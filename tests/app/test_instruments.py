"""Instruments of a process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.metrics.instruments import _made_once


def test_instrument_is_made_once_by_threads_that_need_it_at_the_same_time() -> None:
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _number: _made_once("of this test", make), range(200)))
    assert len(made) == 1
    assert set(map(id, found)) == {id(made[0])}
