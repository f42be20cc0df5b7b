"""A watch over work that must end: the process ends if it does not, and is started again.

Threads cannot be ended from outside. A service manager starts the process again, and the work is in
the database.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import structlog

CHECK_SECONDS = 0.25

log = structlog.get_logger()


@dataclass(eq=False)
class _Work:
    name: str
    limit: float
    spent: float = 0.0


class Watch:
    """Ends the process, with a log line, if watched work takes longer than its limit."""

    def __init__(self) -> None:
        self._works: list[_Work] = []

    def start(self) -> None:
        """Begin to watch, in a thread of its own."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    @contextmanager
    def over(self, name: str, limit: float) -> Iterator[None]:
        """Watch the work of the block, which may take `limit` seconds."""
        work = _Work(name, limit)
        self._works.append(work)
        try:
            yield
        finally:
            self._works.remove(work)

    def _watch(self) -> NoReturn:
        checked_at = time.monotonic()
        while True:
            time.sleep(CHECK_SECONDS)
            present = time.monotonic()
            # A pause of the whole machine, such as a frozen one, counts as one second.
            elapsed, checked_at = min(present - checked_at, 1.0), present
            for work in list(self._works):
                work.spent += elapsed
                if work.spent > work.limit:
                    end_process("work hangs: the process ends", work=work.name, limit=work.limit)


def end_process(event: str, **facts: object) -> NoReturn:
    """Log the event and end the process with status 1, without waiting for its threads."""
    log.critical(event, **facts)
    sys.stderr.flush()
    os._exit(1)
