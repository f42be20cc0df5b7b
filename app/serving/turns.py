"""Places at work: so many requests are answered at once, so many more wait."""

from __future__ import annotations

import threading
import time

_LOOK_AGAIN_SECONDS = 0.25
_SHORT_SECONDS = 0.5


class Turns:
    """`at_once` requests at work, at most `waiting` behind them.

    Those behind wait as long as the ones at work get their work done. While none has for `stall`
    seconds, as where each waits for the database, nobody waits.
    """

    def __init__(self, at_once: int, *, waiting: int, stall: float) -> None:
        self._free = threading.Semaphore(at_once)
        self._room = threading.Semaphore(waiting)
        self._stall = stall
        self._lock = threading.Lock()
        self._at_work = 0
        self._progress_at = time.monotonic()

    def take(self) -> bool:
        """Wait for a place; whether the request has one. Then `give` must follow."""
        if not self._free.acquire(blocking=False) and not self._wait():
            return False
        with self._lock:
            if self._at_work == 0:
                self._progress_at = time.monotonic()
            self._at_work += 1
        return True

    def give(self, *, done: bool) -> None:
        """Leave the place. `done` is False where the work could not be done for now."""
        with self._lock:
            self._at_work -= 1
            if done:
                self._progress_at = time.monotonic()
        self._free.release()

    def _wait(self) -> bool:
        if not self._room.acquire(blocking=False):
            return False
        begun = time.monotonic()
        try:
            while (left := self._progress_at + self._stall - time.monotonic()) > 0:
                if not self._free.acquire(timeout=min(left, _LOOK_AGAIN_SECONDS)):
                    continue
                if self._progress_at > begun or time.monotonic() - begun < _SHORT_SECONDS:
                    return True
                # The place is of a request that could not be done: this one would wait as long.
                self._free.release()
                return False
            return False
        finally:
            self._room.release()
