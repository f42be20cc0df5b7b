"""Memory of a worker under mixed load: whether it levels off."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.cpu import family, memory_mib
from bench.load import measure
from bench.processes import out_of_the_way
from bench.rounds import Journal, Plan, Served, pieces, progress_bar, serve
from bench.stores import Store

SETTLED_MINUTES = 10.0
"""Time in which caches fill."""
STEPS_SECONDS = 90.0
"""Time after which the same people can sign in again: each step of their apps counts once."""


@dataclass
class Curve:
    """Resident memory of the largest process of a server, in MiB, by the minute."""

    minutes: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Growth from the tenth minute, or a sixth of a shorter run, to the end, as a share."""
        settled = min(SETTLED_MINUTES, self.minutes[-1] / 6)
        at = next(number for number, minute in enumerate(self.minutes) if minute >= settled)
        return self.mib[-1] / self.mib[at] - 1


def soak(stores: list[Store], plan: Plan, folder: Path, *, minutes: float) -> dict[str, Curve]:
    """Ask every server everything, in turn, for so long. Return the memory, by store."""
    curves = {store.name: Curve() for store in stores}
    with ExitStack() as stack:
        served = [serve(store, plan, folder, Journal(), stack) for store in stores]
        with out_of_the_way(), progress_bar() as progress:
            task = progress.add_task("Mixed load", total=minutes)
            began, signed_in = time.monotonic(), -STEPS_SECONDS
            while (passed := (time.monotonic() - began) / 60) < minutes:
                progress.update(task, completed=passed)
                signs_in = time.monotonic() - signed_in >= STEPS_SECONDS
                if signs_in:
                    signed_in = time.monotonic()
                for each in served:
                    _ask_everything(each, plan if signs_in else replace(plan, sign_ins=0))
                    curve = curves[each.store.name]
                    curve.minutes.append((time.monotonic() - began) / 60)
                    curve.mib.append(max(map(memory_mib, family(each.target.pid))))
    return curves


def _ask_everything(served: Served, plan: Plan) -> None:
    for _, target, work in pieces(served, plan, 0):
        measure(target, work, seconds=plan.seconds, connections=plan.connections)
