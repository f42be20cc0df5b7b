"""Faults in the middle of one kind of change: a refresh, a removal by two people."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace

from tests.faults import volumes
from tests.faults.browser import Browser
from tests.faults.fault import Trial
from tests.faults.kinds.processes import all_replaced, kill_one, killing
from tests.faults.stage import StagedPerson
from tests.faults.users import Approver, Member

KILLS = 10
RACES = 8


async def kill_during_refresh(trial: Trial) -> None:
    """Kill workers at one of their first writes after a random moment of a chain of refreshes.

    A refresh whose answer was lost is sent again, and must then succeed.
    """
    stop = asyncio.Event()
    people = trial.stage.schools[1].members
    chains = [
        asyncio.ensure_future(_refresh_until(trial, person, number, stop))
        for number, person in enumerate(people)
    ]
    killed = 0
    for _ in range(KILLS):
        killed += await _kill_at_write(trial)
        await asyncio.sleep(trial.random.uniform(0.2, 0.8))
    trial.heal()
    stop.set()
    refreshes = sum(await asyncio.gather(*chains))
    trial.expect(killed > 0, "no worker was killed at a write")
    trial.expect(refreshes > 0, "no refresh of a chain was acknowledged")
    trial.notes.append(f"{killed} workers killed at a write, {refreshes} refreshes in chains")


async def _refresh_until(
    trial: Trial, person: StagedPerson, number: int, stop: asyncio.Event
) -> int:
    """Refresh one family of tokens until told to stop. Return the number of refreshes."""
    browser = Browser(
        f"member {person.marker}", trial.rig.port, trial.journal, f"127.0.80.{number + 1}"
    )
    # The load uses the sessions from the first on.
    last = replace(person, sessions=person.sessions[-1:])
    member = Member(browser, last, trial.stage, seed=number)
    tokens: Mapping[str, str] | None = None
    refreshes = 0
    while not stop.is_set():
        if tokens is None:
            tokens = await member.enter()
            continue
        successor = await member.refresh(tokens, "refresh")
        for _ in range(4):
            if successor is not None:
                break
            await asyncio.sleep(1)
            successor = await member.refresh(tokens, "refresh")
        trial.expect(successor is not None, "a family of tokens does not survive a kill")
        refreshes += successor is not None
        tokens = successor
        await asyncio.sleep(0.02)
    browser.close()
    return refreshes


async def _kill_at_write(trial: Trial) -> bool:
    """Return whether a worker was killed and replaced; False if it did not write in time."""
    children = trial.rig.server.children()
    if not children:
        return False
    pid = trial.random.choice(children)
    # A commit reaches PostgreSQL by a socket, and SQLite's log by a write to a file.
    call = "sendto" if trial.rig.store.server is not None else "pwrite64"
    when = trial.random.randint(1, 12)
    tracer = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-qq", "-o", os.devnull, "-p", str(pid)),
        *("-e", f"inject={call}:signal=SIGKILL:when={when}"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(tracer.wait(), 3)
    except TimeoutError:
        tracer.terminate()
        await tracer.wait()
    await all_replaced(trial)
    return pid not in trial.rig.server.children()


async def decide_twice(trial: Trial) -> None:
    """Let two approvers withdraw the same invitation at once, while workers are killed."""
    school = trial.stage.schools[0]
    deputy = replace(school, approver=school.deputies[0])
    approvers = [
        Approver(
            Browser(f"approver {each.approver.marker}", trial.rig.port, trial.journal, address),
            each,
            trial.stage,
            trial.rig.seed,
        )
        for each, address in ((school, "127.0.81.1"), (deputy, "127.0.81.2"))
    ]
    won = lost = 0
    for race in range(RACES):
        member = await approvers[0].invite()
        if member is None:
            continue
        if race % 2:
            asyncio.get_running_loop().call_later(trial.random.uniform(0, 0.05), kill_one, trial)
        replies = await asyncio.gather(*(each.remove(member) for each in approvers))
        won += sum(reply is not None and reply.acknowledged for reply in replies)
        lost += sum(reply is None or not reply.acknowledged for reply in replies)
        await all_replaced(trial)
    for each in approvers:
        each.browser.close()
    trial.heal()
    trial.expect(won > 0, "no decision was acknowledged")
    trial.notes.append(f"{won} removals acknowledged, {lost} not")


CHANGE_FAULTS = (
    killing(
        "F02",
        "kill -9 of workers at their writes in chains of refreshes, 10 times",
        kill_during_refresh,
        needs=(volumes.strace_refused,),
    ),
    killing(
        "F05",
        "two approvers withdraw one invitation at once, 8 times, with 4 kills",
        decide_twice,
        deputies=1,
    ),
)
