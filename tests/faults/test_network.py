import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tests.faults.alone import run_alone
from tests.faults.network import Condition, Relay
from tests.servers import ports


@asynccontextmanager
async def relay_to_echo() -> AsyncIterator[Relay]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    target = ports.free_port()
    server = await asyncio.start_server(echo, ports.HOST, target)
    relay = Relay(target)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
        server.close()
        await asyncio.sleep(0.01)


async def received_echo(relay: Relay) -> bytes:
    reader, writer = await asyncio.open_connection(ports.HOST, relay.port)
    try:
        writer.write(b"hello")
        return await asyncio.wait_for(reader.read(100), 0.3)
    finally:
        writer.transport.abort()


def run(check: Callable[[Relay], Awaitable[None]]) -> None:
    async def body() -> None:
        async with relay_to_echo() as relay:
            await check(relay)

    run_alone(body())


def test_relay_passes_everything_on() -> None:
    async def check(relay: Relay) -> None:
        assert await received_echo(relay) == b"hello"

    run(check)


@pytest.mark.parametrize("condition", [Condition(refuses=True), Condition(cuts=1.0)])
def test_relay_ends_connections(condition: Condition) -> None:
    async def check(relay: Relay) -> None:
        with relay.under(condition), suppress(ConnectionError):
            assert await received_echo(relay) == b""
        assert await received_echo(relay) == b"hello"

    run(check)


@pytest.mark.parametrize("condition", [Condition(hangs=True), Condition(delay=0.5)])
def test_relay_withholds_answers(condition: Condition) -> None:
    async def check(relay: Relay) -> None:
        with relay.under(condition), pytest.raises(TimeoutError):
            await received_echo(relay)
        assert await received_echo(relay) == b"hello"

    run(check)
