"""Runs one fault: load before, during and after it, then the checks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from bench.http import Call as Request
from tests.faults import journal as journals
from tests.faults.browser import Browser, shown
from tests.faults.checks import check
from tests.faults.collect import collect, settled_usage, wait_for_queues
from tests.faults.evidence import Evidence, KeySet, Window
from tests.faults.fault import Fault, Trial
from tests.faults.journal import Call, Journal
from tests.faults.rig import Rig
from tests.faults.stage import Stage, set_stage
from tests.faults.users import Approver, Guesser, Member, Service
from tests.faults.verdict import Verdict

BEFORE_SECONDS = 1.5
AFTER_SECONDS = 2.0
SETTLE_SECONDS = 40.0
PAUSES = (0.1, 0.5)
FAILURES = (
    TimeoutError,
    RuntimeError,
    OSError,
    subprocess.SubprocessError,
    psycopg.Error,
    SQLAlchemyError,
)
"""Errors of the rig while the product, or something that a fault needs, does not work."""
LOAD = {"authorize", "credentials", "exchange", "invite", "refresh", "remove", "userinfo"}
"""Operations without which the load tests no invariant."""


class User(Protocol):
    """A virtual user."""

    browser: Browser

    async def turn(self) -> None: ...


@dataclass
class Result:
    """One row of the table."""

    fault: str
    title: str
    store: str
    seed: int
    recovered_after: float
    longest_wait: float
    calls: int
    acknowledged: int
    refused: dict[str, int]
    """Number of failed requests by status; `no answer` counts cut connections and time-outs."""
    verdicts: dict[str, Verdict]
    breaches: list[str]
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Time of the whole fault, with its stage and its checks."""

    @property
    def passed(self) -> bool:
        return not self.breaches and not any(each.breaches for each in self.verdicts.values())


async def run(rig: Rig, fault: Fault, seed: int) -> Result:
    """Inject the fault under load and return the verdict on each invariant."""
    began = time.monotonic()
    stage = await asyncio.to_thread(
        set_stage,
        rig.app,
        rig.client,
        schools=2,
        members=3,
        leavers=4,
        deputies=fault.deputies,
    )
    journal = Journal(rig.folder / f"{fault.identifier}-{rig.store.name}.journal")
    trial = Trial(rig, stage, journal, Random(seed))
    key_sets: list[KeySet] = []
    async with _load(trial, key_sets, seed):
        await asyncio.sleep(BEFORE_SECONDS)
        begun_at = time.time()
        try:
            await fault.inject(trial)
        except FAILURES as error:
            trial.breaches.append(f"no recovery: {error!r}")
        healed_at = trial.healed_at or time.time()
        await _quiet(trial, fault.promise)
    # The threads of the first load stay for half a minute, so that no fault waits for their end.
    rig.baseline = rig.baseline or rig.usage()
    trial.breaches += await rig.revive()
    await asyncio.to_thread(wait_for_queues, rig, fault.queue_seconds)
    journal.close()
    calls = journals.read(journal.path)
    window = Window(begun_at, healed_at, fault.promise, fault.longest_wait)
    usage = rig.baseline if fault.settles else {}
    after = await asyncio.to_thread(settled_usage, rig, usage, SETTLE_SECONDS)
    evidence = await asyncio.to_thread(collect, rig, stage, calls, key_sets, window, usage, after)
    result = _result(trial, fault, seed, replace(evidence, bulk=trial.bulk))
    return replace(result, seconds=time.monotonic() - began)


async def _quiet(trial: Trial, promise: float) -> None:
    """Return when no request has failed for AFTER_SECONDS, or that long after the promise."""
    last = time.time() + promise + AFTER_SECONDS
    since = time.time()
    while time.time() < min(last, max(since, trial.journal.last_failure_at) + AFTER_SECONDS):
        await asyncio.sleep(0.1)


def failed(fault: Fault, store: str, seed: int, error: BaseException) -> Result:
    """Return the result of a fault after which the product did not come back."""
    breaches = [f"the product did not come back: {error!r}"]
    return Result(fault.identifier, fault.title, store, seed, 0.0, 0.0, 0, 0, {}, {}, breaches)


def _result(trial: Trial, fault: Fault, seed: int, evidence: Evidence) -> Result:
    failed = [call for call in evidence.calls if _is_failed(call)]
    if not fault.interrupts:
        trial.expect(not failed, f"{len(failed)} requests failed, of {len(evidence.calls)}")
        done = {call.operation for call in evidence.calls if call.acknowledged}
        for operation in sorted(LOAD - done):
            trial.breaches.append(f"the load has no acknowledged request of the kind {operation!r}")
    last = max((call.ended_at for call in failed), default=0.0)
    return Result(
        fault=fault.identifier,
        title=fault.title,
        store=trial.rig.store.name,
        seed=seed,
        recovered_after=max(0.0, last - evidence.window.healed_at),
        longest_wait=max((call.ended_at - call.begun_at for call in evidence.calls), default=0.0),
        calls=len(evidence.calls),
        acknowledged=sum(call.acknowledged for call in evidence.calls),
        refused=dict(sorted(Counter(str(call.status or "no answer") for call in failed).items())),
        verdicts=check(evidence),
        breaches=trial.breaches,
        notes=trial.notes,
    )


def _is_failed(call: Call) -> bool:
    return call.operation != "readyz" and (call.status is None or call.status >= 500)


@asynccontextmanager
async def _load(trial: Trial, key_sets: list[KeySet], seed: int) -> AsyncIterator[None]:
    """Run all users, and the watchers of health and keys, for the time of the block."""
    stop = asyncio.Event()
    tasks = [
        asyncio.ensure_future(_take_turns(user, stop, Random(seed + number)))
        for number, user in enumerate(_users(trial, trial.stage))
    ]
    tasks.append(asyncio.ensure_future(_watch(trial, key_sets, stop)))
    try:
        yield
    finally:
        stop.set()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                trial.breaches.append(f"a user failed: {result!r}")


def _users(trial: Trial, stage: Stage) -> Sequence[User]:
    users: list[User] = []

    def browser(name: str) -> Browser:
        address = f"127.0.{1 + len(users)}.1"
        return Browser(name, trial.rig.port, trial.journal, address, listeners=trial.listeners)

    for school in stage.schools:
        name = f"approver {school.approver.marker}"
        users.append(Approver(browser(name), school, stage, trial.rig.seed))
        for person in school.members:
            own = browser(f"member {person.marker}")
            users += [Member(own, person, stage, trial.rig.seed)]
    users.append(Service(browser("service"), stage))
    users.append(Guesser(browser("guesser"), stage.guessed))
    return users


async def _take_turns(user: User, stop: asyncio.Event, random: Random) -> None:
    while not stop.is_set():
        await user.turn()
        await asyncio.sleep(random.uniform(*PAUSES))
    user.browser.close()


async def _watch(trial: Trial, key_sets: list[KeySet], stop: asyncio.Event) -> None:
    """Read keys, metadata and health several times a second, each on a new connection."""
    while not stop.is_set():
        browser = Browser(
            "watcher", trial.rig.port, trial.journal, "127.0.0.9", listeners=trial.listeners
        )
        for name, path in (
            ("jwks", "/jwks"),
            ("metadata", "/.well-known/openid-configuration"),
            ("healthz", "/healthz"),
            ("readyz", "/readyz"),
        ):
            reply = await browser.send(name, path, Request(path), shown)
            if name == "jwks" and reply.acknowledged and reply.answer is not None:
                keys = json.loads(reply.answer.body)["keys"]
                key_sets.append(KeySet(time.time(), {key["kid"]: key for key in keys}))
        browser.close()
        await asyncio.sleep(0.25)
