"""Limit on the requests that a process handles at once, with a queue of requests that wait."""

from __future__ import annotations

import threading
import time
from collections import deque

_RECHECK_SECONDS = 0.25
_SHORT_SECONDS = 0.5


class ConcurrencyLimit:
    """Slots for requests, and a queue of at most `max_waiting` requests that wait for a slot.

    A request waits while other requests complete. If none has completed for `stall_seconds`, for
    example because each waits for the database, further requests do not wait.
    """

    def __init__(self, slots: int, *, max_waiting: int, stall_seconds: float) -> None:
        self._slots = slots
        # A deque's `pop` and `append` are atomic, so a request that finds a slot needs no lock.
        self._free = deque(range(slots))
        self._released = threading.Condition()
        self._waiting = 0
        self._max_waiting = max_waiting
        self._stall_seconds = stall_seconds
        self._progress_at = time.monotonic()

    def acquire(self) -> bool:
        """Wait for a slot and return whether the request has one. Then `release` must follow."""
        return self._acquire_free() or self._wait()

    def release(self, *, completed: bool) -> None:
        """Free the slot. `completed` is False if the request failed as a resource was busy."""
        if completed:
            self._progress_at = time.monotonic()
        self._free.append(0)
        if self._waiting:
            self._notify()

    def _acquire_free(self) -> bool:
        if len(self._free) == self._slots:
            # All slots are free: the time without requests was no stall. Noted before the slot is
            # taken, so that no request waits behind it with the old time.
            self._progress_at = time.monotonic()
        try:
            self._free.pop()
        except IndexError:
            return False
        return True

    def _wait(self) -> bool:
        with self._released:
            if self._waiting >= self._max_waiting:
                return False
            # Before the slots are checked: a slot that is released afterwards is notified.
            self._waiting += 1
        begun = time.monotonic()
        try:
            while (left := self._progress_at + self._stall_seconds - time.monotonic()) > 0:
                with self._released:
                    if not self._free:
                        self._released.wait(min(left, _RECHECK_SECONDS))
                progress_at = self._progress_at
                if not self._acquire_free():
                    continue
                if progress_at > begun or time.monotonic() - begun < _SHORT_SECONDS:
                    return True
                # The slot's last request did not complete: this one would wait as long.
                self._free.append(0)
                return False
            return False
        finally:
            with self._released:
                self._waiting -= 1
                # A notification that came too late for this request is for another one.
                if self._free:
                    self._released.notify()

    def _notify(self) -> None:
        with self._released:
            self._released.notify()
