"""Places at work: so many requests are answered at once, so many more wait."""

from __future__ import annotations

import threading
import time
from collections import deque

_LOOK_AGAIN_SECONDS = 0.25
_SHORT_SECONDS = 0.5


class Turns:
    """Places for `at_once` requests at work, and for at most `waiting` requests behind them.

    A request waits while requests at work are completed. After `stall` seconds without one, for
    example while each waits for the database, no request waits.
    """

    def __init__(self, at_once: int, *, waiting: int, stall: float) -> None:
        self._at_once = at_once
        # A deque's `pop` and `append` are atomic, so a request that finds a place needs no lock.
        self._free = deque(range(at_once))
        self._freed = threading.Condition()
        self._waiting = 0
        self._most_waiting = waiting
        self._stall = stall
        self._progress_at = time.monotonic()

    def take(self) -> bool:
        """Wait for a place and return whether the request has one. Then `give` must follow."""
        return self._take_free() or self._wait()

    def give(self, *, done: bool) -> None:
        """Free the place. `done` is False if the request failed because a resource was busy."""
        if done:
            self._progress_at = time.monotonic()
        self._free.append(0)
        if self._waiting:
            self._notify()

    def _take_free(self) -> bool:
        if len(self._free) == self._at_once:
            # Nothing is at work: the time without requests was no stall. Noted before the place is
            # taken, so that no request waits behind it with the old time.
            self._progress_at = time.monotonic()
        try:
            self._free.pop()
        except IndexError:
            return False
        return True

    def _wait(self) -> bool:
        with self._freed:
            if self._waiting >= self._most_waiting:
                return False
            # Before the look at the places: a place that is left after it is notified.
            self._waiting += 1
        begun = time.monotonic()
        try:
            while (left := self._progress_at + self._stall - time.monotonic()) > 0:
                with self._freed:
                    if not self._free:
                        self._freed.wait(min(left, _LOOK_AGAIN_SECONDS))
                progress_at = self._progress_at
                if not self._take_free():
                    continue
                if progress_at > begun or time.monotonic() - begun < _SHORT_SECONDS:
                    return True
                # The place is of a request that could not be done: this one would wait as long.
                self._free.append(0)
                return False
            return False
        finally:
            with self._freed:
                self._waiting -= 1
                # A notification that came too late for this request is another's.
                if self._free:
                    self._freed.notify()

    def _notify(self) -> None:
        with self._freed:
            self._freed.notify()
