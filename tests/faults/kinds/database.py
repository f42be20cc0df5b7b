"""Faults of the database."""

from __future__ import annotations

import asyncio
import signal
import sqlite3

from tests.faults.fault import Fault, Trial
from tests.faults.stores import POSTGRESQL, SQLITE


async def kill_postgresql(trial: Trial) -> None:
    """Kill PostgreSQL five times and start it again."""
    server = trial.rig.store.server
    assert server is not None
    for _ in range(5):
        await asyncio.to_thread(server.stop, signal.SIGKILL)
        await asyncio.sleep(trial.random.uniform(0.2, 2))
        await asyncio.to_thread(server.start)
        trial.heal()
        await asyncio.sleep(trial.random.uniform(1, 2))
    await trial.rig.wait_until_ready()


async def hold_write_lock(trial: Trial) -> None:
    """Hold SQLite's write lock for 12 seconds, as another program would."""
    holder = sqlite3.connect(trial.rig.store.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(12)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 while nothing can be written")
    holder.close()
    trial.heal()
    await trial.rig.wait_until_ready()


DATABASE_FAULTS = (
    Fault("F10", "kill -9 of PostgreSQL, 5 times", kill_postgresql, stores=(POSTGRESQL,)),
    Fault("F11", "the write lock is held for 12 s", hold_write_lock, stores=(SQLITE,)),
)
