"""Jobs of the worker that are due every so many seconds, not on each of its passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from app.context import PerApplication
from app.worker import Job


@dataclass
class _LastCall:
    """The moment of the last call that succeeded, by the monotonic clock."""

    at: float | None = None


def periodic_job(name: str, seconds: float, work: Callable[[], None]) -> Job:
    """Return a job that calls `work` every so many seconds, counted in each application.

    A call that fails does not count: the worker tries it again as soon as any other job.
    """
    last_call = PerApplication(f"periodic.{name}", _LastCall)

    def run() -> bool:
        """Call `work` if it is due; return False, as nothing stays under way."""
        last, at = last_call(), time.monotonic()
        if last.at is None or at - last.at >= seconds:
            work()
            last.at = at
        return False

    return Job(name, run)
