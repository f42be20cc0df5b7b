"""The fault programme: every fault, and those that are not run with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tests.faults.fault import Fault, NotRun, Trial
from tests.faults.kinds.changes import CHANGE_FAULTS
from tests.faults.kinds.client_keys import CLIENT_KEY_FAULTS
from tests.faults.kinds.credentials import CREDENTIAL_FAULTS
from tests.faults.kinds.crowds import CROWD_FAULTS
from tests.faults.kinds.database import DATABASE_FAULTS
from tests.faults.kinds.dependencies import DEPENDENCY_FAULTS
from tests.faults.kinds.hosts import HOST_FAULTS
from tests.faults.kinds.operations import OPERATION_FAULTS
from tests.faults.kinds.processes import PROCESS_FAULTS
from tests.faults.kinds.replication import REPLICATION_FAULTS
from tests.faults.kinds.restoring import RESTORE_FAULTS
from tests.faults.kinds.sequences import SEQUENCE_FAULTS
from tests.faults.kinds.surroundings import SURROUNDING_FAULTS


async def no_fault(_trial: Trial) -> None:
    """Inject nothing: the load alone must hold every invariant. It also warms the product up."""
    await asyncio.sleep(6)


CONTROL = Fault("F00", "nothing: the load alone", no_fault, promise=0.0, interrupts=False)

FAULTS: tuple[Fault, ...] = (
    CONTROL,
    *PROCESS_FAULTS,
    *CHANGE_FAULTS,
    *CREDENTIAL_FAULTS,
    *CROWD_FAULTS,
    *DATABASE_FAULTS,
    *REPLICATION_FAULTS,
    *DEPENDENCY_FAULTS,
    *CLIENT_KEY_FAULTS,
    *OPERATION_FAULTS,
    *RESTORE_FAULTS,
    *HOST_FAULTS,
    *SURROUNDING_FAULTS,
    *SEQUENCE_FAULTS,
)

NOT_RUN: tuple[NotRun, ...] = (
    NotRun(
        "F24",
        "loss of the quorum of a cluster",
        "the product has no part in it: a cluster manager decides which server is the primary",
    ),
    NotRun("F26", "reads from a standby that lags", "no read goes to a standby"),
    NotRun("F37", "organisations of hostile size", "measured by `make bench`"),
    NotRun("F38", "eight hours of load", "longer than a run of `make faults`"),
)


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
