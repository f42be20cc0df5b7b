"""Faults around a backup: made under load, and restored over what was used and ended since."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bench.http import Call as Request
from tests.faults import journal as journals
from tests.faults.browser import Browser
from tests.faults.fault import Fault, Trial
from tests.faults.journal import Call
from tests.faults.kinds.database import PROMISE
from tests.faults.second_host import second_host
from tests.faults.users import Member, basic, issued, shown_to_owner, subject_of

REPLAY = "use after restore"
REVIVED = re.compile(r"^(?P<kind>.+): (?P<number>\d+) ended$", re.MULTILINE)
CODES = 3
MOST = 60
"""Replayed values of a kind."""


async def back_up_under_load(trial: Trial) -> None:
    """Back up as the operators' guide says, restore to another database and check it."""
    began = time.monotonic()
    url = await _back_up(trial)
    trial.heal()
    await _restore(trial, url)
    trial.notes.append(f"backed up, restored and set up in {time.monotonic() - began:.1f} s")


async def replay_after_restore(trial: Trial) -> None:
    """Restore a backup and try every code, token and session of the time before it.

    They have been used and ended since, or were valid; the restored service accepts none.
    """
    held = await _hold_codes(trial)
    await asyncio.sleep(2)
    at = time.time()
    url = await _back_up(trial)
    for form in held.codes:
        await _redeem(trial, form, "exchange", trial.rig.port)
    # The load signs out, removes people and refreshes tokens of the backup meanwhile.
    await asyncio.sleep(5)
    trial.heal()
    revived = await _restore(trial, url)
    trial.expect(revived.get("sessions", 0) > 0, "the backup holds no session that could revive")
    calls = [each for each in journals.read(trial.journal.path) if each.ended_at < at]
    held.add(calls)
    async with second_host(trial, changes={"SECURE_ACCESS_DATABASE_URL": url}) as port:
        accepted = await _replay(trial, held, port)
    for kind, number in accepted.items():
        trial.expect(number == 0, f"{number} {kind} of the backup work after the restore")
    trial.notes.append(
        f"replayed {len(held.codes)} codes, {len(held.refresh_tokens)} refresh tokens, "
        f"{len(held.access_tokens)} access tokens, {len(held.sessions)} sessions"
    )


@dataclass
class _Held:
    """Everything of the time before the backup that opens something."""

    codes: list[dict[str, str]]
    refresh_tokens: list[str] = field(default_factory=list)
    access_tokens: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    def add(self, calls: Iterable[Call]) -> None:
        """Add the tokens and sessions of acknowledged calls, the newest first."""
        for call in reversed([each for each in calls if each.acknowledged]):
            if call.operation in {"exchange", "refresh"}:
                self.refresh_tokens.append(call.data["refresh_token"])
                self.access_tokens.append(call.data["access_token"])
            if call.operation == "authorize" and call.key not in self.sessions:
                self.sessions.append(call.key)
        for values in (self.refresh_tokens, self.access_tokens, self.sessions):
            del values[MOST:]


async def _hold_codes(trial: Trial) -> _Held:
    """Return codes that nobody has redeemed yet, of a session that the load does not use."""
    person = trial.stage.schools[1].members[1]
    browser = Browser(f"member {person.marker}", trial.rig.port, trial.journal, "127.0.0.79")
    last = replace(person, sessions=person.sessions[-1:])
    member = Member(browser, last, trial.stage, seed=0)
    forms = [await member.authorization() for _ in range(CODES)]
    browser.close()
    return _Held([form for form in forms if form is not None])


async def _redeem(trial: Trial, form: dict[str, str], operation: str, port: int) -> bool:
    browser = Browser("replay", trial.rig.port, trial.journal, "127.0.0.79", listeners=[port])
    request = Request("/token", {"Authorization": basic(trial.stage)}, form)
    key = form.get("code") or form["refresh_token"]
    reply = await browser.send(operation, key, request, issued, change=True)
    browser.close()
    return reply.acknowledged


async def _replay(trial: Trial, held: _Held, port: int) -> dict[str, int]:
    """Return how many values of each kind the server at this port accepts."""
    accepted = dict.fromkeys(("codes", "refresh tokens", "access tokens", "sessions"), 0)
    for form in held.codes:
        accepted["codes"] += await _redeem(trial, form, REPLAY, port)
    for token in held.refresh_tokens:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        accepted["refresh tokens"] += await _redeem(trial, form, REPLAY, port)
    browser = Browser("replay", trial.rig.port, trial.journal, "127.0.0.79", listeners=[port])
    for token in held.access_tokens:
        request = Request("/userinfo", {"Authorization": f"Bearer {token}"})
        reply = await browser.send(REPLAY, token, request, subject_of)
        accepted["access tokens"] += reply.acknowledged
    for session in held.sessions:
        browser.jar = {trial.stage.session_cookie: session}
        request = Request("/account", browser.cookies())
        reply = await browser.send(REPLAY, session, request, shown_to_owner)
        accepted["sessions"] += reply.acknowledged
    browser.close()
    return accepted


async def _back_up(trial: Trial) -> str:
    """Return the address of a database that was restored from a backup made now."""
    store = trial.rig.store
    if store.server is not None:
        return await asyncio.to_thread(_dump_and_restore, trial)
    copy = trial.rig.folder / f"backup-{time.time_ns()}.sqlite3"
    await asyncio.to_thread(_copy, store.file, copy)
    return f"sqlite:///{copy}"


def _copy(source: object, target: object) -> None:
    with sqlite3.connect(str(source)) as original, sqlite3.connect(str(target)) as copy:
        original.backup(copy)


def _dump_and_restore(trial: Trial) -> str:
    server = trial.rig.store.server
    assert server is not None
    url = server.create_database()
    programs = server.program.parent
    dump = subprocess.run(
        [programs / "pg_dump", "--format=custom", _plain(trial.rig.store.url)],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [programs / "pg_restore", "--dbname", _plain(url)], input=dump.stdout, check=True
    )
    return url


async def _restore(trial: Trial, url: str) -> dict[str, int]:
    """Run the steps of the operators' guide. Return what was ended, by its kind."""
    printed = ""
    for command in ("setup", "restored"):
        run = await asyncio.to_thread(trial.rig.command, command, SECURE_ACCESS_DATABASE_URL=url)
        trial.expect(run.returncode == 0, f"{command} fails: {run.stderr[-300:]}")
        printed = run.stdout
    return {found["kind"]: int(found["number"]) for found in REVIVED.finditer(printed)}


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


RESTORE_FAULTS = (
    Fault(
        "F32",
        "backup under load, restored to another database",
        back_up_under_load,
        PROMISE,
        interrupts=False,
    ),
    Fault(
        "F33",
        "codes, tokens and sessions of a backup used after its restore",
        replay_after_restore,
        PROMISE,
        interrupts=False,
    ),
)
