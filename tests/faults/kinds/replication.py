"""Faults of a PostgreSQL with a standby: a planned switch, a failover, a standby that is gone.

Both servers are clusters of their own on this machine. The relay in front of PostgreSQL stands for
the address that moves from one to the other.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from tests.faults import volumes
from tests.faults.fault import Fault, Trial
from tests.faults.stores import POSTGRESQL, VOLUME_MEBIBYTES
from tests.servers import ports
from tests.servers.postgresql import PostgreSQL

STANDBY = "standby"
AWAY_SECONDS = 8.0
SWITCH_PROMISE = 2.0
"""Seconds from the promotion, or the return of the standby, to the product's recovery."""


async def switch_over(trial: Trial) -> None:
    """Stop PostgreSQL in order and promote its standby, which replicates asynchronously."""
    pair = await asyncio.to_thread(_replicated, trial)
    await asyncio.sleep(trial.random.uniform(1, 3))
    began = time.monotonic()
    # A fast shutdown ends when the standby has received everything.
    await asyncio.to_thread(pair.primary.stop, signal.SIGINT)
    await _promote(trial, pair)
    trial.notes.append(f"switched in {time.monotonic() - began:.1f} s")
    await trial.rig.wait_until_ready()


async def fail_over(trial: Trial) -> None:
    """Kill PostgreSQL and promote its synchronous standby."""
    pair = await asyncio.to_thread(_replicated, trial, synchronous=True)
    await asyncio.sleep(trial.random.uniform(2, 4))
    began = time.monotonic()
    await asyncio.to_thread(pair.primary.stop, signal.SIGKILL)
    await asyncio.sleep(trial.random.uniform(0.5, 2))
    await _promote(trial, pair)
    trial.notes.append(f"failed over in {time.monotonic() - began:.1f} s")
    await trial.rig.wait_until_ready()


async def lose_standby(trial: Trial) -> None:
    """Kill the synchronous standby for 8 seconds: nothing can be committed meanwhile."""
    pair = await asyncio.to_thread(_replicated, trial, synchronous=True)
    await asyncio.sleep(2)
    await asyncio.to_thread(pair.standby.stop, signal.SIGKILL)
    await asyncio.sleep(AWAY_SECONDS)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 while no commit ends")
    await asyncio.to_thread(pair.standby.start)
    await asyncio.to_thread(_wait_for, pair.primary, "sync")
    trial.heal()
    await trial.rig.wait_until_ready()
    await asyncio.to_thread(_replicate_asynchronously, pair.primary)
    await asyncio.to_thread(pair.resources.close)


@dataclass(frozen=True)
class _Pair:
    """A primary and its standby, whose files lie on the volume at `folder`."""

    primary: PostgreSQL
    standby: PostgreSQL
    folder: Path
    resources: ExitStack


def _replicated(trial: Trial, *, synchronous: bool = False) -> _Pair:
    """Return the database's server with a new standby that has all its changes."""
    primary = trial.rig.store.server
    assert primary is not None
    stack = trial.rig.resources.enter_context(ExitStack())
    prefix = "secure-access-volume-"
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
    stack.enter_context(volumes.mounted(folder, VOLUME_MEBIBYTES))
    standby = stack.enter_context(primary.standby(STANDBY, folder))
    _wait_for(primary, "async")
    if synchronous:
        primary.execute(_alter(STANDBY))
        primary.execute(_RELOAD)
        _wait_for(primary, "sync")
    return _Pair(primary, standby, folder, stack)


def _replicate_asynchronously(primary: PostgreSQL) -> None:
    primary.execute(_alter(""))
    primary.execute(_RELOAD)


async def _promote(trial: Trial, pair: _Pair) -> None:
    relay = trial.rig.store.relay
    assert relay is not None
    await asyncio.to_thread(pair.standby.execute, sql.SQL("SELECT pg_promote()").format())
    # The address moves, and its connections end.
    relay.target = pair.standby.port
    relay.cut()
    trial.heal()
    await asyncio.to_thread(trial.rig.move_to, pair.standby, pair.folder)


def _wait_for(primary: PostgreSQL, state: str) -> None:
    """Wait until the standby streams in this state of synchronisation."""
    statement = sql.SQL(
        "SELECT count(*) FROM pg_stat_replication WHERE application_name = {} "
        "AND state = 'streaming' AND sync_state = {}"
    ).format(sql.Literal(STANDBY), sql.Literal(state))
    ports.wait_until(
        lambda: primary.number(statement) == 1, seconds=20, what=f"a standby in state {state}"
    )


def _alter(names: str) -> sql.Composed:
    return sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(names))


_RELOAD = sql.SQL("SELECT pg_reload_conf()").format()
_ON_POSTGRESQL = (POSTGRESQL,)
REPLICATION_FAULTS = (
    Fault(
        "F23",
        "planned switch to a standby (asynchronous)",
        switch_over,
        SWITCH_PROMISE,
        _ON_POSTGRESQL,
    ),
    Fault(
        "F23b",
        "the synchronous standby gone for 8 s",
        lose_standby,
        SWITCH_PROMISE,
        _ON_POSTGRESQL,
    ),
    Fault(
        "F25",
        "kill -9 of PostgreSQL, promotion of its synchronous standby",
        fail_over,
        SWITCH_PROMISE,
        _ON_POSTGRESQL,
    ),
)
