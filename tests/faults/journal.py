"""Append-only journal of requests: the intent before each, the outcome after it.

The file survives a crash of the load itself, so a request that was sent is never forgotten.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ACKNOWLEDGED = "acknowledged"
REFUSED = "refused"
UNKNOWN = "unknown"
"""Neither acknowledged nor refused: a time-out, a cut connection, or a status from 500."""

READINESS = "readyz"
"""The operation that must fail while a fault lasts."""


@dataclass(frozen=True)
class Call:
    """One request. `key` names the thing that it changes or reads; `data` is read by checkers."""

    identifier: int
    user: str
    operation: str
    key: str
    begun_at: float
    ended_at: float
    outcome: str = UNKNOWN
    status: int | None = None
    retry_after: bool = False
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def acknowledged(self) -> bool:
        return self.outcome == ACKNOWLEDGED


class Journal:
    """Writes the journal of one fault. Times are seconds since the epoch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] = path.open("w", encoding="utf-8")
        self._numbers = itertools.count(1)
        self.last_failure_at = 0.0
        """When a request other than of readiness last got no answer, or a status from 500."""
        self._probes: set[int] = set()

    def begin(self, user: str, operation: str, key: str, *, change: bool) -> int:
        """Write the intent, to the disk where the request changes something. Return its number."""
        number = next(self._numbers)
        if operation == READINESS:
            self._probes.add(number)
        self._write(number=number, at=time.time(), user=user, operation=operation, key=key)
        if change:
            os.fdatasync(self._file.fileno())
        return number

    def end(
        self,
        number: int,
        outcome: str,
        *,
        status: int | None = None,
        retry_after: bool = False,
        data: Mapping[str, str] | None = None,
    ) -> None:
        """Write the outcome of the request of this number."""
        if outcome == UNKNOWN and number not in self._probes:
            self.last_failure_at = time.time()
        self._probes.discard(number)
        self._write(
            number=number,
            at=time.time(),
            outcome=outcome,
            status=status,
            retry_after=retry_after,
            data=dict(data or {}),
        )

    def close(self) -> None:
        self._file.close()

    def _write(self, **line: object) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def read(path: Path) -> list[Call]:
    """Return the requests of a journal in the order of their intents.

    A request without an outcome is UNKNOWN and ends with the journal.
    """
    return calls_of(path.read_text(encoding="utf-8").splitlines())


def calls_of(lines: Iterable[str]) -> list[Call]:
    """Return the requests that these lines of a journal hold."""
    entries = [json.loads(line) for line in lines]
    last = max((entry["at"] for entry in entries), default=0.0)
    outcomes = {entry["number"]: entry for entry in entries if "outcome" in entry}
    calls = []
    for entry in entries:
        if "operation" not in entry:
            continue
        end = outcomes.get(entry["number"], {})
        calls.append(
            Call(
                identifier=entry["number"],
                user=entry["user"],
                operation=entry["operation"],
                key=entry["key"],
                begun_at=entry["at"],
                ended_at=end.get("at", last),
                outcome=end.get("outcome", UNKNOWN),
                status=end.get("status"),
                retry_after=end.get("retry_after", False),
                data=end.get("data", {}),
            )
        )
    return calls
