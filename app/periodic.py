"""Work of the worker that is due now and then, not on each of its passes."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.context import PerApplication


class Periodic:
    """A job that calls `work` every so many seconds, counted in each application of a process."""

    def __init__(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        self._seconds = seconds
        self._work = work
        self._called: PerApplication[list[float]] = PerApplication(f"periodic.{name}", list)

    def __call__(self) -> bool:
        """Do the work if it is due; return False, as nothing stays under way."""
        called, at = self._called(), time.monotonic()
        if not called or at - called[0] >= self._seconds:
            called[:] = [at]
            self._work()
        return False
