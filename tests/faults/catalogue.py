"""The fault programme: every fault, and those that are not run with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tests.faults.fault import Fault, NotRun, Trial
from tests.faults.kinds.crowds import CROWD_FAULTS
from tests.faults.kinds.database import DATABASE_FAULTS
from tests.faults.kinds.dependencies import DEPENDENCY_FAULTS
from tests.faults.kinds.operations import OPERATION_FAULTS
from tests.faults.kinds.processes import PROCESS_FAULTS


async def no_fault(_trial: Trial) -> None:
    """Inject nothing: the load alone must hold every invariant. It also warms the product up."""
    await asyncio.sleep(6)


CONTROL = Fault("F00", "nothing: the load alone", no_fault, promise=0.0)

FAULTS: tuple[Fault, ...] = (
    CONTROL,
    *PROCESS_FAULTS,
    *CROWD_FAULTS,
    *DATABASE_FAULTS,
    *DEPENDENCY_FAULTS,
    *OPERATION_FAULTS,
)

NOT_RUN: tuple[NotRun, ...] = ()


def chosen(identifiers: Iterable[str]) -> list[Fault]:
    """Return the faults of these ids in the order of the programme; all for none.

    The control run comes first in any case: it is the baseline of the resources.

    Raises LookupError for an unknown id.
    """
    wanted = set(identifiers)
    known = {fault.identifier for fault in FAULTS} | {each.identifier for each in NOT_RUN}
    if wanted - known:
        raise LookupError(f"unknown faults: {', '.join(sorted(wanted - known))}")
    return [
        fault for fault in FAULTS if not wanted or fault is CONTROL or fault.identifier in wanted
    ]
