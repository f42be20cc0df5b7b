"""A TCP relay that injects faults between the product and something that it depends on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers import ports

CHUNK = 65_536


@dataclass
class Condition:
    """State of the network. The defaults pass everything on at once."""

    refuses: bool = False
    """Close each new connection at once."""
    hangs: bool = False
    """Accept connections and pass nothing on."""
    delay: float = 0.0
    """Seconds added to each message, in each direction."""
    cuts: float = 0.0
    """Share of messages instead of which the connection is cut."""


@dataclass
class Relay:
    """Relays `port` to `target` under the present condition."""

    target: int
    seed: int = 0
    condition: Condition = field(default_factory=Condition)
    port: int = field(default_factory=ports.free_port)
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, ports.HOST, self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """End all open connections with a reset."""
        for writer in list(self._connections):
            writer.transport.abort()

    @contextmanager
    def under(self, condition: Condition) -> Iterator[None]:
        """Hold the condition for the time of the block. Open connections are kept."""
        self.condition = condition
        try:
            yield
        finally:
            self.condition = Condition()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.condition.refuses:
            writer.transport.abort()
            return
        try:
            onward, back = await asyncio.open_connection(ports.HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._connections |= {writer, back}
        directions = [
            asyncio.ensure_future(self._pass_on(reader, back)),
            asyncio.ensure_future(self._pass_on(onward, writer)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in directions:
                each.cancel()
            self._connections -= {writer, back}
            writer.close()
            back.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                while self.condition.hangs:
                    await asyncio.sleep(0.02)
                if self.condition.delay:
                    await asyncio.sleep(self.condition.delay)
                if self.condition.cuts and self._random.random() < self.condition.cuts:
                    return
                writer.write(data)
                await writer.drain()
