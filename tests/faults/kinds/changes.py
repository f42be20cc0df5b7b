"""Faults in the middle of one kind of change: a refresh, a removal by two people, a reset."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from bench.http import Call as Request
from tests.faults import volumes
from tests.faults.browser import Browser, local, redirected, shown
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.processes import all_replaced, kill_one
from tests.faults.stage import StagedPerson
from tests.faults.users import AFTER_END, Approver, Member, shown_to_owner

KILLS = 10
RACES = 8
TRIES = 6
MAIL_SECONDS = 20.0


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
    for _ in range(KILLS):
        await _kill_at_write(trial)
        await all_replaced(trial)
        await asyncio.sleep(trial.random.uniform(0.2, 0.8))
    trial.heal()
    stop.set()
    trial.notes.append(f"{sum(await asyncio.gather(*chains))} refreshes in chains")


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


async def _kill_at_write(trial: Trial) -> None:
    children = trial.rig.server.children()
    if not children:
        return
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


async def kill_during_reset(trial: Trial) -> None:
    """Let people set new passwords by links of mails, while workers are killed at random."""
    people = [person for school in trial.stage.schools for person in school.deputies]
    resets = asyncio.gather(*(_reset(trial, person, n) for n, person in enumerate(people)))
    for _ in range(KILLS):
        await asyncio.sleep(trial.random.uniform(0.8, 2))
        kill_one(trial)
    trial.heal()
    await all_replaced(trial)
    done = sum(await resets)
    trial.expect(done > len(people) / 2, f"only {done} of {len(people)} passwords were set")


async def _reset(trial: Trial, person: StagedPerson, number: int) -> bool:
    """Return whether a new password was set and acknowledged."""
    # All of them, one after the other, while workers are killed.
    await asyncio.sleep(number * 1.2)
    name, address = f"deputy {person.marker}", f"127.0.82.{number + 1}"
    browser = Browser(name, trial.rig.port, trial.journal, address)
    try:
        link = await _request_link(trial, browser, person)
        for _ in range(TRIES):
            reply = await browser.send("page", "reset", Request(link, browser.cookies()), shown)
            if reply.acknowledged and reply.answer is not None:
                path = local(link, reply.answer.headers["location"])
                return await _set_password(browser, person, path, trial.stage.session_cookie)
            await asyncio.sleep(1)
        return False
    except TimeoutError:
        return False
    finally:
        browser.close()


async def _request_link(trial: Trial, browser: Browser, person: StagedPerson) -> str:
    """Return the path of the mailed link. A request whose answer was lost is sent again."""
    for _ in range(TRIES):
        page = await browser.page("/forgot-password")
        if page.acknowledged:
            reply = await browser.submit(page, {"email": person.email}, redirected)
            if reply.acknowledged:
                return await _mailed_link(trial, person)
        await asyncio.sleep(1)
    raise TimeoutError("no reset link was requested")


async def _mailed_link(trial: Trial, person: StagedPerson) -> str:
    pattern = re.compile(rf"http://localhost:{trial.rig.port}(/reset-password/\S+)")
    async with asyncio.timeout(MAIL_SECONDS):
        while True:
            # A later link supersedes those before it.
            for mail in reversed(list(trial.rig.mail.received)):
                if person.email in mail.recipients and (found := pattern.search(mail.text)):
                    return found[1]
            await asyncio.sleep(0.1)


async def _set_password(browser: Browser, person: StagedPerson, path: str, cookie: str) -> bool:
    password = f"kettle {secrets.token_hex(8)} orbit"
    for _ in range(TRIES):
        page = await browser.page(path)
        if page.answer is not None and page.answer.status == 410:
            return True  # The try whose answer was lost has set it.
        if page.answer is not None and page.answer.status == 200:
            reply = await browser.submit(
                page,
                {"password": password},
                redirected,
                operation="reset",
                key=person.subject,
                change=True,
                password=password,
            )
            if reply.acknowledged:
                await _use_old_sessions(browser, person, cookie)
                return True
            if not reply.unknown:
                return False
        await asyncio.sleep(1)
    return False


async def _use_old_sessions(browser: Browser, person: StagedPerson, cookie: str) -> None:
    await asyncio.sleep(AFTER_END)
    for session in person.sessions:
        cookies = {"Cookie": f"{cookie}={session}"}
        await browser.send("use after end", session, Request("/account", cookies), shown_to_owner)


CHANGE_FAULTS = (
    Fault(
        "F02",
        "kill -9 of workers at their writes in chains of refreshes, 10 times",
        kill_during_refresh,
        needs=(volumes.strace_refused,),
    ),
    Fault(
        "F05",
        "two approvers withdraw one invitation at once, 8 times, with 4 kills",
        decide_twice,
        deputies=1,
    ),
    Fault(
        "F06",
        "kill -9 of workers while 8 people reset their passwords",
        kill_during_reset,
        deputies=4,
    ),
)
