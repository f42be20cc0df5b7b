"""Faults of several servers on one database: another host, and another release."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from app.database import Base
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.database import PROMISE
from tests.faults.programs import Program
from tests.faults.second_host import Release, second_host, shared_load
from tests.faults.stores import POSTGRESQL

BACKUP_SECONDS = 9.0
SHARED_SECONDS = 12.0
CLOCK = """
import datetime
import os
import time_machine

seconds = datetime.timedelta(seconds=float(os.environ["FAULTS_CLOCK"]))
time_machine.travel(datetime.datetime.now(datetime.UTC) + seconds, tick=True).start()
"""
"""Moves the clock of every Python process in whose path it lies, and no timed wait."""
COMMAND_SECONDS = 120.0


async def two_hosts(trial: Trial) -> None:
    """Serve each browser from two hosts in turn: each sign-out and removal at one of them."""
    async with (
        second_host(trial, changes={"SECURE_ACCESS_HOSTS": "2"}) as port,
        shared_load(trial, port),
    ):
        await asyncio.sleep(SHARED_SECONDS)
    trial.heal()


async def differing_clocks(trial: Trial) -> None:
    """Let a second host's clock be 20 s ahead, then 20 s behind; 90 s ahead it is not ready."""
    with TemporaryDirectory(prefix="secure-access-clock-") as folder:
        (Path(folder) / "sitecustomize.py").write_text(CLOCK)
        for seconds in ("20", "-20"):
            async with (
                second_host(trial, changes={"PYTHONPATH": folder, "FAULTS_CLOCK": seconds}) as port,
                shared_load(trial, port),
            ):
                await asyncio.sleep(SHARED_SECONDS / 2)
        wrong = {"PYTHONPATH": folder, "FAULTS_CLOCK": "90"}
        async with second_host(trial, failing_check="clock", changes=wrong):
            pass
    trial.heal()


async def upgrade_side_by_side(trial: Trial) -> None:
    """Migrate to the next release under load and beside a backup, serve with both, go back."""
    rig = trial.rig
    environment, log = dict(rig.environment), rig.folder / "next-release.log"
    with TemporaryDirectory(prefix="secure-access-release-") as folder:
        release = await asyncio.to_thread(Release.copied, Path(folder))
        setup = release.program("setup", environment=environment, log=log)
        backup = asyncio.ensure_future(asyncio.to_thread(_read_all_tables, trial))
        succeeded = await _run(trial, setup, "setup of the next release")
        await backup
        if not succeeded:
            return
        trial.expect(await rig.ready(), "the earlier release is not ready on the newer schema")
        async with second_host(trial, release=release) as port, shared_load(trial, port):
            await asyncio.sleep(SHARED_SECONDS / 2)
        await _run(trial, release.downgrade(environment, log), "the way back")
    trial.heal()


def _read_all_tables(trial: Trial) -> None:
    """Hold the locks of a `pg_dump` that is under way for some seconds."""
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    with psycopg.connect(trial.rig.store.url.replace("+psycopg", "")) as connection:
        connection.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE".encode())
        time.sleep(BACKUP_SECONDS)
        connection.rollback()


async def _run(trial: Trial, program: Program, name: str) -> bool:
    """Run a program to its end. Note its time, and a breach if it fails."""
    began = time.monotonic()
    program.start()
    assert program.process is not None
    status = await asyncio.to_thread(program.process.wait, COMMAND_SECONDS)
    trial.notes.append(f"{name}: {time.monotonic() - began:.1f} s")
    trial.expect(status == 0, f"{name} fails: {program.log.read_text()[-300:]}")
    return status == 0


HOST_FAULTS = (
    Fault(
        "F18",
        "clock of a second host 20 s ahead, 20 s behind, 90 s ahead",
        differing_clocks,
        PROMISE,
        (POSTGRESQL,),
        interrupts=False,
    ),
    Fault(
        "F30b",
        "migration to the next release, both serve, and back",
        upgrade_side_by_side,
        PROMISE,
        (POSTGRESQL,),
        interrupts=False,
    ),
    Fault(
        "F40",
        "sign-outs and removals on either of two hosts",
        two_hosts,
        PROMISE,
        (POSTGRESQL,),
        interrupts=False,
    ),
)
