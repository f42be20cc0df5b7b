"""Faults by many or slow clients, and by a busy machine."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from bench.http import Call
from tests.faults.browser import Browser
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.database import PROMISE
from tests.faults.users import Guesser, Member, basic, issued
from tests.servers import ports

HEALTH_SECONDS = 1.0


async def redeem_in_parallel(trial: Trial) -> None:
    """Redeem one code 200 times at once, and then one refresh token 200 times at once."""
    person = trial.stage.schools[1].members[0]
    browser = Browser("parallel", trial.rig.port, trial.journal, "127.0.0.78")
    # The member's own load uses their sessions from the first on.
    last = replace(person, sessions=person.sessions[-1:])
    member = Member(browser, last, trial.stage, seed=0)
    form = await member.authorization()
    if form is None:
        trial.breaches.append("no code for the parallel redemptions")
        return
    await _at_once(trial, "exchange", form["code"], form)
    tokens = await member.enter()
    if tokens is not None:
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        await _at_once(trial, "refresh", tokens["refresh_token"], form)
    browser.close()
    trial.heal()


async def slow_clients(trial: Trial) -> None:
    """Hold 400 connections with half a head and 400 with half a body for 10 seconds."""
    head = b"POST /token HTTP/1.1\r\nHost: localhost\r\n"
    body = (
        head + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nx="
    )
    async with _connections(trial, [head] * 400 + [body] * 400):
        await _expect_health(trial, seconds=10)
    trial.heal()


async def idle_connections(trial: Trial) -> None:
    """Open 3,000 connections that send nothing, and hold them for 8 seconds."""
    async with _connections(trial, [b""] * 3000):
        await _expect_health(trial, seconds=8)
    trial.heal()


async def crowd_of_sign_ins(trial: Trial) -> None:
    """Let 150 people sign in at once with wrong passwords, each from an address of their own."""
    people = [person for school in trial.stage.schools for person in school.members]

    async def one(number: int) -> None:
        address = f"127.1.{number // 250}.{1 + number % 250}"
        browser = Browser("crowd", trial.rig.port, trial.journal, address)
        guesser = Guesser(browser, people[number % len(people)], operation="crowd")
        with suppress(OSError):
            await guesser.turn()
        browser.close()

    crowd = asyncio.gather(*(one(number) for number in range(150)))
    await _expect_health(trial, seconds=5)
    await crowd
    trial.heal()


async def busy_machine(trial: Trial) -> None:
    """Let four other processes use all processors for 10 seconds."""
    context = multiprocessing.get_context("spawn")
    hogs = [context.Process(target=_hog, daemon=True) for _ in range(4)]
    for hog in hogs:
        hog.start()
    await asyncio.sleep(10)
    for hog in hogs:
        hog.kill()
    trial.heal()


def _hog() -> None:
    while True:
        pass


async def _at_once(trial: Trial, operation: str, key: str, form: Mapping[str, str]) -> None:
    gate = asyncio.Event()
    call = Call("/token", {"Authorization": basic(trial.stage)}, form)

    async def one() -> None:
        browser = Browser("parallel", trial.rig.port, trial.journal, "127.0.0.78")
        await gate.wait()
        await browser.send(operation, key, call, issued, change=True)
        browser.close()

    tasks = [asyncio.ensure_future(one()) for _ in range(200)]
    await asyncio.sleep(0.1)
    gate.set()
    await asyncio.gather(*tasks)


async def _expect_health(trial: Trial, *, seconds: float) -> None:
    """Ask for health twice a second, and expect 200 within a second each time."""
    for _ in range(int(seconds * 2)):
        for path in ("/healthz", "/readyz"):
            answer, took = await trial.rig.ask(path)
            status = answer.status if answer else "no answer"
            trial.expect(status == 200, f"{path}: {status}")
            trial.expect(took < HEALTH_SECONDS, f"{path} took more than {HEALTH_SECONDS:g} s")
        await asyncio.sleep(0.4)


@asynccontextmanager
async def _connections(trial: Trial, sent: list[bytes]) -> AsyncIterator[None]:
    """Hold connections, each of which has sent this much and nothing more."""

    async def open_one(text: bytes) -> asyncio.StreamWriter:
        address = f"127.2.{trial.random.randrange(250)}.1"
        _, writer = await asyncio.open_connection(
            ports.HOST, trial.rig.port, local_addr=(address, 0)
        )
        writer.write(text)
        return writer

    writers: list[asyncio.StreamWriter] = []
    for start in range(0, len(sent), 200):
        part = map(open_one, sent[start : start + 200])
        opened = await asyncio.gather(*part, return_exceptions=True)
        writers += [each for each in opened if isinstance(each, asyncio.StreamWriter)]
    try:
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


# The resources of all crowds are compared after the last one.
_crowd = partial(Fault, promise=PROMISE, interrupts=False)
CROWD_FAULTS = (
    _crowd(
        "F07", "one code and one refresh token 200 times at once", redeem_in_parallel, settles=False
    ),
    _crowd(
        "F19",
        "800 connections with half a head or half a body for 10 s",
        slow_clients,
        settles=False,
    ),
    _crowd("F20", "3,000 idle connections for 8 s", idle_connections, settles=False),
    _crowd("F34", "four processes that use all processors for 10 s", busy_machine, settles=False),
    _crowd(
        "F35", "150 sign-ins at once with wrong passwords", crowd_of_sign_ins, longest_wait=12.0
    ),
)
