"""Counters in a process's memory, for limits without Redis."""

import threading
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, StorageTypes
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

EXPIRY_SECONDS = 5.0
CLOCK_SLACK = 1.0
"""Seconds by which a clock is set back without the counts being dropped."""


class ThreadSafeStorage(MemoryStorage):
    """The library's counters, safe for several threads.

    The library starts a timer with each count. Two threads may start the same timer: one of them
    gets a RuntimeError, and its client a 500. Its timer looks through all counts after 10 ms, in a
    new thread each time; here it does so after `EXPIRY_SECONDS`.
    """

    STORAGE_SCHEME = ("process",)  # type: ignore[assignment]  # the library names a list

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **more: str) -> None:
        self._lock = threading.RLock()
        super().__init__(uri, wrap_exceptions, **more)

    @property
    def timer(self) -> threading.Timer:
        """The library's timer, which removes expired counts."""
        return self._timer

    @timer.setter
    def timer(self, timer: threading.Timer) -> None:
        timer.interval = EXPIRY_SECONDS
        timer.daemon = True
        self._timer = timer

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._lock:
            if self.expirations.get(key, 0) > time.time() + expiry:
                # Counted while the clock was ahead: it would count until that time comes.
                self.clear(key)
            return super().incr(key, expiry, amount)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        with self._lock:
            newest = self.events.get(key)
            if newest and newest[0].atime > time.time() + CLOCK_SLACK:
                self.clear(key)
            return super().acquire_entry(key, limit, expiry, amount)


class MovingWindow(MovingWindowRateLimiter):
    """The library's moving window, with `ThreadSafeStorage` in place of the library's counters.

    Flask-Limiter makes such counters for the time without Redis, and no setting replaces them.
    """

    NAME = "moving-window-of-threads"

    def __init__(self, storage: StorageTypes) -> None:
        super().__init__(ThreadSafeStorage() if type(storage) is MemoryStorage else storage)


class Allowance:
    """Uses per key and minute, and per key and hour where that is bounded, in this process."""

    def __init__(self, each_minute: int, each_hour: int | None = None) -> None:
        self._limits: list[RateLimitItem] = [RateLimitItemPerMinute(each_minute)]
        if each_hour is not None:
            self._limits.append(RateLimitItemPerHour(each_hour))
        self._counts = ThreadSafeStorage()
        self._limiter = FixedWindowRateLimiter(self._counts)

    @property
    def untouched(self) -> bool:
        """Whether nothing is counted."""
        return not self._counts.storage

    def used_up(self, *name: str) -> bool:
        return not all(self._limiter.test(limit, *name) for limit in self._limits)

    def use(self, *name: str) -> bool:
        """Use one request of the allowance; return False if none is left."""
        return all(self._limiter.hit(limit, *name) for limit in self._limits)

    def seconds_left(self, *name: str) -> int:
        """Return the seconds until the next use is possible, at least 1."""
        ends = (
            self._limiter.get_window_stats(limit, *name).reset_time
            for limit in self._limits
            if not self._limiter.test(limit, *name)
        )
        return max(1, round(max(ends, default=0) - time.time()))
