"""Faults of the database: gone, locked, slow, full, read-only, without connections."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg

from app.database import Base
from tests.faults import volumes
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.processes import restarting
from tests.faults.network import Condition, Relay
from tests.faults.programs import wait_for
from tests.faults.stores import POSTGRESQL, SQLITE

AWAY_SECONDS = 12.0
PROMISE = 1.0
"""Seconds from the database's recovery to that of the product."""


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


async def stop_postgresql(trial: Trial) -> None:
    """Stop PostgreSQL for 12 seconds. Keys and metadata must stay available."""
    server = trial.rig.store.server
    assert server is not None
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(AWAY_SECONDS / 2)
    await _expect_public_answers(trial)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 without a database")
    await asyncio.sleep(AWAY_SECONDS / 2)
    await asyncio.to_thread(server.start)
    trial.heal()
    await trial.rig.wait_until_ready()


async def kill_everything_on_sqlite(trial: Trial) -> None:
    """Kill server and worker six times in the middle of writes, and check the file."""
    rig = trial.rig
    for _ in range(6):
        await asyncio.sleep(trial.random.uniform(0.5, 2))
        for program in (rig.server, rig.worker):
            await asyncio.to_thread(program.kill)
        with sqlite3.connect(rig.store.file) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        trial.expect(found == "ok", f"integrity_check: {found}")
        rig.server.start()
        rig.worker.start()
        await asyncio.to_thread(wait_for, rig.server, rig.port)
    trial.heal()
    await rig.wait_until_ready()


async def hold_lock(trial: Trial) -> None:
    """Hold the database's write lock (PostgreSQL: all tables) for 12 seconds."""
    # The lock waits for transactions, whose messages the relay passes on meanwhile.
    stack = ExitStack()
    await asyncio.to_thread(stack.enter_context, _locked(trial))
    try:
        await asyncio.sleep(AWAY_SECONDS)
        await _expect_public_answers(trial)
        trial.expect(not await trial.rig.ready(), "/readyz is 200 while nothing can be written")
    finally:
        await asyncio.to_thread(stack.close)
    trial.heal()
    await trial.rig.wait_until_ready()


async def fill_volume(trial: Trial) -> None:
    """Fill the volume of the database for 10 seconds, then free it."""
    store = trial.rig.store
    await asyncio.to_thread(volumes.fill, store.folder)
    await asyncio.sleep(8)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 on a full disk")
    await _expect_public_answers(trial)
    await asyncio.sleep(2)
    await asyncio.to_thread(volumes.free, store.folder)
    if store.server is not None and not store.server.accepts_connections():
        trial.notes.append("PostgreSQL ended, as it does if it cannot write its log")
        await asyncio.to_thread(store.server.stop, signal.SIGKILL)
        await asyncio.to_thread(store.server.start)
    trial.heal()
    await trial.rig.wait_until_ready()


async def fill_log_volume(trial: Trial) -> None:
    """Fill the volume of PostgreSQL's write-ahead log until it ends; free it, and start again."""
    server = trial.rig.store.server
    assert server is not None
    log = (server.data / "pg_wal").resolve()
    own = log.stat().st_dev != server.data.stat().st_dev
    trial.expect(own, "the log has no volume of its own")
    await asyncio.to_thread(volumes.fill, log.parent)
    # Prepared segments of the log are used up first.
    with _administering(trial) as connection, suppress(psycopg.Error):
        for _ in range(20):
            await asyncio.to_thread(connection.execute, "SELECT pg_switch_wal()")
            await asyncio.sleep(0.4)
    # PostgreSQL ends, and cannot recover. A success of the check counts for a second.
    await asyncio.sleep(5)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 without a write-ahead log")
    await _expect_public_answers(trial)
    await asyncio.to_thread(volumes.free, log.parent)
    await asyncio.to_thread(server.stop, signal.SIGKILL)
    await asyncio.to_thread(server.start)
    trial.heal()
    await trial.rig.wait_until_ready()


async def fail_writes(trial: Trial) -> None:
    """Let every write of the server and the worker to files fail for 6 seconds."""
    await _inject(trial, "pwrite64:error=EROFS")


async def fail_flushes(trial: Trial) -> None:
    """Let every flush of the server and the worker to the disk fail for 6 seconds."""
    await _inject(trial, "fsync,fdatasync:error=EIO")


async def slow_database(trial: Trial) -> None:
    """Delay each message by 50, 200 and 1,000 ms for 5 seconds each; then cut 1 % of them."""
    relay = _relay(trial)
    conditions = [Condition(delay=delay) for delay in (0.05, 0.2, 1.0)] + [Condition(cuts=0.01)]
    for condition in conditions:
        with relay.under(condition):
            await asyncio.sleep(5)
    trial.heal()
    await trial.rig.wait_until_ready()


async def hanging_database(trial: Trial) -> None:
    """Let nothing through to PostgreSQL and back for 12 seconds, on connections old and new."""
    with _relay(trial).under(Condition(hangs=True)):
        await asyncio.sleep(AWAY_SECONDS - 2)
        await _expect_public_answers(trial)
        await asyncio.sleep(2)
    trial.heal()
    await trial.rig.wait_until_ready()


async def use_up_connections(trial: Trial) -> None:
    """End the product's connections and take all that PostgreSQL gives, for 8 seconds."""
    taken: list[psycopg.Connection] = []
    with _administering(trial) as connection:
        connection.execute(_END_CONNECTIONS)
        with suppress(psycopg.OperationalError):
            while len(taken) < 200:
                taken += [psycopg.connect(_address(trial), connect_timeout=5)]
        await asyncio.sleep(8)
        await _expect_public_answers(trial)
        for each in taken:
            each.close()
    trial.heal()
    await trial.rig.wait_until_ready()


async def read_only_database(trial: Trial) -> None:
    """Make the database read-only for 8 seconds, as a standby is."""
    with _administering(trial) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
        assert row is not None
        name = row[0]
        alter = f'ALTER DATABASE "{name}" SET default_transaction_read_only TO '
        connection.execute(f"{alter} on".encode())
        connection.execute(_END_CONNECTIONS)
        await asyncio.sleep(8)
        trial.expect(not await trial.rig.ready(), "/readyz is 200 on a read-only database")
        connection.execute("SET default_transaction_read_only TO off")
        connection.execute(f"{alter} off".encode())
        connection.execute(_END_CONNECTIONS)
    trial.heal()
    await trial.rig.wait_until_ready()


_END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def _expect_public_answers(trial: Trial) -> None:
    """Expect keys, metadata and liveness from workers that have served them before."""
    for path in ("/jwks", "/.well-known/openid-configuration", "/healthz"):
        answer, seconds = await trial.rig.ask(path)
        status = answer.status if answer else "nothing"
        trial.expect(status == 200, f"{path}: {status} without the database")
        trial.expect(seconds < 1, f"{path}: {seconds:.1f} s without the database")


async def _inject(trial: Trial, what: str) -> None:
    pids = [trial.rig.worker.pid, *trial.rig.server.children()]
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={what}"]
    for pid in pids:
        command += ["-p", str(pid)]
    tracer = await asyncio.create_subprocess_exec(*command)
    await asyncio.sleep(6)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 while no write succeeds")
    tracer.terminate()
    await tracer.wait()
    trial.heal()
    await trial.rig.wait_until_ready()


@contextmanager
def _locked(trial: Trial) -> Iterator[None]:
    if trial.rig.store.server is None:
        holder = sqlite3.connect(
            trial.rig.store.file, isolation_level=None, check_same_thread=False
        )
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.close()
        return
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    with psycopg.connect(_address(trial)) as connection:
        # Two transactions that lock the tables in another order each are a deadlock: try again.
        for _ in range(10):
            try:
                connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE".encode())
                break
            except psycopg.errors.DeadlockDetected:
                connection.rollback()
        try:
            yield
        finally:
            connection.rollback()


@contextmanager
def _administering(trial: Trial) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_address(trial), autocommit=True) as connection:
        yield connection


def _address(trial: Trial) -> str:
    return trial.rig.store.url.replace("+psycopg", "")


def _relay(trial: Trial) -> Relay:
    assert trial.rig.store.relay is not None
    return trial.rig.store.relay


_ON_POSTGRESQL = (POSTGRESQL,)
_ON_SQLITE = (SQLITE,)
DATABASE_FAULTS = (
    Fault("F10", "kill -9 of PostgreSQL, 5 times", kill_postgresql, PROMISE, _ON_POSTGRESQL),
    Fault("F10b", "PostgreSQL stopped for 12 s", stop_postgresql, PROMISE, _ON_POSTGRESQL),
    restarting(
        "F11", "kill -9 of server and worker, 6 times", kill_everything_on_sqlite, stores=_ON_SQLITE
    ),
    Fault("F11b", "another program holds the lock for 12 s", hold_lock, PROMISE),
    Fault("F12", "full disk for 10 s", fill_volume, PROMISE, needs=(volumes.mount_refused,)),
    Fault(
        "F12b",
        "full volume of the write-ahead log",
        fill_log_volume,
        PROMISE,
        _ON_POSTGRESQL,
        needs=(volumes.mount_refused,),
    ),
    Fault(
        "F13",
        "every flush to the disk fails for 6 s (EIO)",
        fail_flushes,
        PROMISE,
        _ON_SQLITE,
        needs=(volumes.strace_refused,),
    ),
    Fault(
        "F13b",
        "every write to the database's files fails for 6 s (EROFS)",
        fail_writes,
        PROMISE,
        _ON_SQLITE,
        needs=(volumes.strace_refused,),
    ),
    Fault("F21", "messages of 50, 200, 1,000 ms; 1 % cut", slow_database, PROMISE, _ON_POSTGRESQL),
    Fault("F21b", "PostgreSQL answers nothing for 12 s", hanging_database, PROMISE, _ON_POSTGRESQL),
    Fault("F22", "no connections left for 8 s", use_up_connections, PROMISE, _ON_POSTGRESQL),
    Fault("F22b", "read-only database for 8 s", read_only_database, PROMISE, _ON_POSTGRESQL),
)
