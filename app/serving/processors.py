"""How a worker shares the processors."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress


def own_processor(place: int, *, workers: int, processors: Collection[int]) -> int | None:
    """The one of the worker at that place, None where it may move about.

    Python runs one thread of a process at a time. Where there is a worker for each processor, none
    is left idle if each keeps to its own, and its threads find what the last one left in the
    caches. Fewer workers than processors move about: what else runs there is not known.
    """
    if workers < len(processors):
        return None
    return sorted(processors)[place % len(processors)]


def settle_in(place: int, *, workers: int) -> None:
    """Keeps this process to its own processor, on systems that can (Linux).

    Its threads do not push each other off it either: one that is woken up, and waits for the
    interpreter's lock, comes when the one at work has to wait itself (`man 7 sched`, SCHED_BATCH).
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    own = own_processor(place, workers=workers, processors=os.sched_getaffinity(0))
    # A sandbox may forbid either: that costs speed, and is no reason not to serve.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if own is not None:
        with suppress(OSError):
            os.sched_setaffinity(0, {own})
