"""Counters in a process's memory, for limits without Redis."""

import threading

from limits.storage import MemoryStorage


class Memory(MemoryStorage):
    """The library's counters, for several threads.

    The library's own start a timer with each count, and two threads may start the same one: one of
    them gets a RuntimeError, and its caller a 500.
    """

    STORAGE_SCHEME = ("process",)  # type: ignore[assignment]  # the library names a list

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **more: str) -> None:
        self._turn = threading.RLock()
        super().__init__(uri, wrap_exceptions, **more)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._turn:
            return super().incr(key, expiry, amount)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        with self._turn:
            return super().acquire_entry(key, limit, expiry, amount)
