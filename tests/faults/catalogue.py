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


CONTROL = Fault("F00", "nothing: the load alone", no_fault, promise=0.0, interrupts=False)

FAULTS: tuple[Fault, ...] = (
    CONTROL,
    *PROCESS_FAULTS,
    *CROWD_FAULTS,
    *DATABASE_FAULTS,
    *DEPENDENCY_FAULTS,
    *OPERATION_FAULTS,
)

_ELSEWHERE = "tested elsewhere: "
NOT_RUN: tuple[NotRun, ...] = (
    NotRun("F02", "kill during refresh", "part of F01, whose load refreshes tokens"),
    NotRun(
        "F05", "two approvers decide at once", _ELSEWHERE + "`tests/attacks/test_pr_memberships.py`"
    ),
    NotRun(
        "F06",
        "kill during password reset or a change of factor",
        "the load has no reset; removals and sign-outs are part of F01",
    ),
    NotRun(
        "F17", "`jwks_uri` of a client gone", _ELSEWHERE + "`tests/identity/oidc/test_clients.py`"
    ),
    NotRun(
        "F18",
        "clocks that are wrong or jump",
        "libfaketime changes the server's timed waits as well; readiness compares the clocks: "
        "`tests/app/health/test_readiness.py`",
    ),
    NotRun("F23", "failover to a standby", "needs a second machine"),
    NotRun("F24", "loss of the quorum of a cluster", "needs a cluster"),
    NotRun("F25", "promotion of a standby by hand", "needs a second machine"),
    NotRun("F26", "reads from a standby that lags", "no read goes to a standby"),
    NotRun(
        "F33",
        "used codes and tokens live again after a restore",
        _ELSEWHERE + "`tests/identity/oidc/test_restored.py`",
    ),
    NotRun("F36", "no names, no entropy, read-only root", "needs a container of its own"),
    NotRun("F37", "organisations of hostile size", "measured by `make bench`"),
    NotRun("F38", "eight hours of load", "longer than a run of `make faults`"),
    NotRun("F39", "random sequences against a model", "not built"),
    NotRun("F40", "revocation between two hosts", "needs a second machine; part of I5 on one"),
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
