"""A fault: what is done to the rig, where it applies, and what is promised."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.evidence import Bulk
from tests.faults.journal import Journal
from tests.faults.rig import Rig
from tests.faults.stage import Stage
from tests.faults.stores import STORES


@dataclass
class Trial:
    """One fault on one rig, while it runs. A fault may leave notes and a bulk job's result."""

    rig: Rig
    stage: Stage
    journal: Journal
    random: Random
    notes: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    """Broken promises that the fault itself saw, such as `/readyz` 200 on a full disk."""
    bulk: Bulk | None = None
    healed_at: float | None = None
    listeners: list[int] = field(default_factory=list)
    """Ports of the servers to which the load sends its requests in turn; none for the rig's own."""

    def heal(self) -> None:
        """Note that the cause of the fault is gone now. A fault that does not is healed last."""
        self.healed_at = time.time()

    def expect(self, condition: bool, breach: str) -> None:
        """Add the breach unless the condition holds."""
        if not condition:
            self.breaches.append(breach)


Injection = Callable[[Trial], Awaitable[None]]
Requirement = Callable[[], str | None]
"""Returns why a fault cannot be injected here, or None."""


@dataclass(frozen=True)
class Fault:
    """`inject` causes the fault and returns when its cause is gone.

    `promise` is the time in seconds from there until nothing fails any more. `queue_seconds` is the
    time that waiting mails and notices may then take.
    """

    identifier: str
    title: str
    inject: Injection
    promise: float = 5.0
    stores: tuple[str, ...] = STORES
    needs: tuple[Requirement, ...] = ()
    queue_seconds: float = 50.0
    longest_wait: float = 6.0
    deputies: int = 0
    """Number of further approvers of each school."""
    settles: bool = True
    """Whether its resources are compared after it. The server ends idle threads in 30 seconds."""
    interrupts: bool = True
    """Whether requests may fail while the fault lasts."""

    def reason_not_to_run(self, store: str) -> str | None:
        """Return why the fault is not run on this store here, or None."""
        if store not in self.stores:
            return f"applies to {self.stores[0]} only"
        return next((reason for need in self.needs if (reason := need())), None)


@dataclass(frozen=True)
class NotRun:
    """A fault of the programme that the rig does not inject, with the reason."""

    identifier: str
    title: str
    reason: str
