"""Group commit: units of work that arrive at about the same time share one commit.

A commit waits for the disk. SQLite also writes each changed page anew however little has changed on
it, and what requests write at the same time lies on the same pages; PostgreSQL takes a round trip.
A thread adds its unit to the open group. The last thread that is expected, or the first that has
waited long enough, writes the units of the whole group in one transaction; the others wait for it.
A group that fails is written again, each unit alone, so that a unit fails for its own fault only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.database.compiled import Change
from app.database.dbapi_connection import Bound
from app.database.failures import is_unavailable

PATIENCE = 0.004
"""Seconds for which a unit waits for the next one, where more are expected."""
MOST = 50
"""Units that commit together, so that other writers are not delayed for long."""


class NotCommitted(RuntimeError):
    """The database did not say that it has stored the unit of work."""


@dataclass(slots=True)
class QueuedUnit:
    """A unit of work that waits for its commit, as the writer has bound it.

    `lock_order` is the place of its claim's row among the rows that writers lock. Afterwards
    `claimed` says whether the claim changed its row; `error` is why nothing is stored.
    """

    claim: Bound | None
    statements: Sequence[Bound]
    lock_order: tuple[str, str] = ("", "")
    claimed: bool = False
    error: BaseException | None = None


class UnitWriter(Protocol):
    """Writes units on a connection of its own, which one thread uses at a time."""

    def bind(self, claim: Change | None, changes: Sequence[Change]) -> QueuedUnit:
        """Return the unit with its statements bound. Raises TypeError for wrong values."""
        ...

    def write(self, units: Sequence[QueuedUnit]) -> None:
        """Write the units in one transaction, and note which claims changed their row."""
        ...


@dataclass(slots=True)
class CommitGroup:
    """Units that commit together. `over` once they have, or cannot."""

    units: list[QueuedUnit] = field(default_factory=list)
    over: bool = False
    _end: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._end.acquire()

    def lose(self, error: BaseException) -> None:
        """Note why the units are not stored, unless one has its own reason."""
        for unit in self.units:
            unit.error = unit.error or error

    def end(self) -> None:
        """Wake the threads that wait for the end, one after the other."""
        self.over = True
        self._end.release()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end, and return whether it came."""
        if self._end.acquire(timeout=seconds):
            self._end.release()
        return self.over


class ArrivalEstimate:
    """Estimate of the units that arrive at about the same time, from earlier groups."""

    def __init__(self) -> None:
        self.expected = 0
        self._fewer_came = False

    def came(self, units: int, *, too_late: int) -> None:
        """Learn from a group, and from the units that arrived while it was written.

        One smaller group changes nothing: its threads may have been too late for the last one.
        """
        fewer = units < self.expected
        if not fewer or self._fewer_came:
            self.expected = units + too_late
        self._fewer_came = fewer


class GroupCommit:
    """The units of work of one process."""

    def __init__(self, writer: UnitWriter) -> None:
        self._writer = writer
        self._door = threading.Lock()
        """Held while a unit joins a group, for a few instructions."""
        self._writing = threading.Lock()
        """Held by the one thread that writes."""
        self._open: CommitGroup | None = None
        self.arrivals = ArrivalEstimate()

    def commit(self, claim: Change | None, changes: Sequence[Change]) -> bool:
        """Return once the unit is durable, and whether its claim changed a row; True without one.

        Raises TypeError for wrong values, and NotCommitted, from the reason.
        """
        unit = self._writer.bind(claim, changes)
        group = self._join(unit)
        if not self._ended_by_others(group):
            with self._writing:
                if not group.over:
                    self._end(group)
        if unit.error is not None:
            raise NotCommitted("the unit of work was not written") from unit.error
        return unit.claimed

    def _join(self, unit: QueuedUnit) -> CommitGroup:
        with self._door:
            if self._open is None or len(self._open.units) >= MOST:
                self._open = CommitGroup()
            self._open.units.append(unit)
            return self._open

    def _ended_by_others(self, group: CommitGroup) -> bool:
        """Wait while expected units arrive, and return whether another thread ended the group."""
        seen = 0
        while seen < len(group.units) < self.arrivals.expected:
            seen = len(group.units)
            if group.ends_within(PATIENCE):
                return True
        return group.over

    def _end(self, group: CommitGroup) -> None:
        """Write the group, which no unit joins from now on."""
        with self._door:
            if self._open is group:
                self._open = None
        try:
            self._write(group.units)
        except BaseException as error:
            group.lose(error)
            if is_unavailable(error):
                self._lose_waiting(error)
            if not isinstance(error, Exception):
                raise
        finally:
            waiting = self._open
            self.arrivals.came(
                len(group.units), too_late=0 if waiting is None else len(waiting.units)
            )
            group.end()

    def _lose_waiting(self, error: BaseException) -> None:
        """End the units that waited behind this failure, instead of each waiting as long again."""
        with self._door:
            waiting, self._open = self._open, None
        if waiting is not None:
            waiting.lose(error)
            waiting.end()

    def _write(self, units: list[QueuedUnit]) -> None:
        """Write units in one transaction; after a fault of one of them, each in its own."""
        try:
            self._writer.write(units)
        except Exception as error:
            if len(units) == 1 or is_unavailable(error):
                raise
            for unit in units:
                try:
                    self._writer.write([unit])
                except Exception as own:  # noqa: BLE001  # raised to the thread of this unit
                    unit.error = own
