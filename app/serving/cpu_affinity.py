"""CPU affinity and scheduling class of a worker process."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress


def assigned_processor(
    worker_number: int, *, workers: int, processors: Collection[int]
) -> int | None:
    """Return the processor for a worker, or None if it may use all of them.

    Python runs one thread of a process at a time. With a worker for each processor, none is left
    idle if each worker is bound to one, and its threads find their data in the processor's caches.
    Fewer workers than processors are not bound, since other programs may need the same processor.
    """
    if workers < len(processors):
        return None
    return sorted(processors)[worker_number % len(processors)]


def bind_to_processor(worker_number: int, *, workers: int) -> None:
    """Bind this process to its own processor, on systems that support it (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        return
    processor = assigned_processor(
        worker_number, workers=workers, processors=os.sched_getaffinity(0)
    )
    if processor is not None:
        # A sandbox may forbid the call, which costs speed only.
        with suppress(OSError):
            os.sched_setaffinity(0, {processor})


def use_batch_scheduling() -> None:
    """Run this process as SCHED_BATCH, on systems that support it (Linux).

    A thread that wakes up and waits for the interpreter's lock then does not preempt the thread
    that holds it (`man 7 sched`).
    """
    if not hasattr(os, "SCHED_BATCH"):
        return
    # A sandbox may forbid the call, which costs speed only.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
