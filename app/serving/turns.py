"""Places at work: so many requests are answered at once, so many more wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """`at_once` requests at work, at most `waiting` behind them, each for at most `seconds`."""

    def __init__(self, at_once: int, *, waiting: int, seconds: float | None = None) -> None:
        self._free = threading.Semaphore(at_once)
        self._room = threading.Semaphore(waiting)
        self._seconds = seconds

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Yield whether the request has a place, once it has one or cannot have any."""
        has_turn = self._free.acquire(blocking=False) or self._wait()
        try:
            yield has_turn
        finally:
            if has_turn:
                self._free.release()

    def _wait(self) -> bool:
        if not self._room.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=self._seconds)
        finally:
            self._room.release()
