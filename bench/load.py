"""Asks a server for the same thing over kept connections, and reads what that cost it."""

import itertools
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from bench.cpu import cpu_seconds
from bench.http import Answer, Call, Connection

Conversation = Generator[Call, Answer, None]
"""One unit of work: yields its requests, is sent their answers, and ends when it is done."""

_addresses = itertools.count(1)


@dataclass(frozen=True)
class Target:
    """A running server: where it listens, by what name, and whose processor time it uses."""

    port: int
    host: str
    pid: int
    database_pid: int | None = None


@dataclass(frozen=True)
class Sample:
    """A number of units, and the processor time that they took from server and database."""

    units: int
    server: float
    database: float
    wall: float

    @property
    def rate(self) -> float:
        """Units per CPU-second of server and database together."""
        return self.units / max(self.server + self.database, 1e-9)

    @property
    def server_rate(self) -> float:
        """Units per CPU-second of the server alone."""
        return self.units / max(self.server, 1e-9)


def measure(
    target: Target, work: Iterable[Conversation], *, seconds: float, connections: int
) -> Sample:
    """Run conversations until there are none left, or none can begin within the time."""
    lines = [Connection(target.port, target.host, address()) for _ in range(connections)]
    try:
        server, database = _used(target)
        started = time.monotonic()
        units = _run(lines, iter(work), started + seconds)
        wall = time.monotonic() - started
        server_after, database_after = _used(target)
    finally:
        for line in lines:
            line.close()
    return Sample(units, server_after - server, database_after - database, wall)


def _run(lines: list[Connection], work: Iterator[Conversation], deadline: float) -> int:
    """Run in waves: each connection sends, then each reads, so that all are open at once."""
    units = 0
    open_ones: dict[Connection, Conversation] = {}
    asked: dict[Connection, Call] = {}
    while True:
        for line in lines:
            if line not in open_ones and time.monotonic() < deadline:
                conversation = next(work, None)
                if conversation is not None:
                    open_ones[line], asked[line] = conversation, next(conversation)
        if not asked:
            return units
        for line, call in asked.items():
            line.send(call)
        waiting, asked = list(asked), {}
        for line in waiting:
            answer = line.receive()
            try:
                asked[line] = open_ones[line].send(answer)
            except StopIteration:
                units += 1
                del open_ones[line]


def _used(target: Target) -> tuple[float, float]:
    database = cpu_seconds(target.database_pid) if target.database_pid is not None else 0.0
    return cpu_seconds(target.pid), database


def address() -> str:
    """Return another loopback address each time.

    Limits count by the caller's network; in production requests come from many.
    """
    number = next(_addresses)
    return f"127.{1 + number // 65025 % 250}.{1 + number // 255 % 255}.{number % 255 or 255}"
