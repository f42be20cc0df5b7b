"""Faults of the product's own processes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.faults.fault import Fault, Trial
from tests.faults.programs import wait_for

RESTART_PROMISE = 15.0
"""Seconds in which a server that was started answers. Requests wait for it meanwhile."""


async def kill_server_workers(trial: Trial) -> None:
    """Kill a random worker of the server, ten times at random moments."""
    for _ in range(10):
        kill_one(trial)
        await asyncio.sleep(trial.random.uniform(0.3, 1.5))
    trial.heal()
    await all_replaced(trial)


async def kill_replacements(trial: Trial) -> None:
    """Kill each new worker as soon as it exists, for six seconds (a crash loop)."""
    until = time.monotonic() + 6
    while time.monotonic() < until:
        kill_one(trial)
        await asyncio.sleep(0.5)
    trial.heal()
    await all_replaced(trial)


async def kill_all_server_workers(trial: Trial) -> None:
    """Kill all workers of the server at once."""
    for pid in trial.rig.server.children():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    trial.heal()
    await all_replaced(trial)


async def kill_mail_worker(trial: Trial) -> None:
    """Kill `secure-access worker` five times while mails and notices wait, and start it again."""
    for _ in range(5):
        await asyncio.to_thread(trial.rig.worker.kill)
        await asyncio.sleep(trial.random.uniform(0.1, 0.5))
        trial.rig.worker.start()
        await asyncio.sleep(trial.random.uniform(1.5, 3))


async def kill_server(trial: Trial) -> None:
    """Kill the server with its workers, and start it again as a service manager does."""
    server = trial.rig.server
    await asyncio.to_thread(server.kill)
    trial.heal()
    server.start()
    began = time.monotonic()
    await asyncio.to_thread(wait_for, server, trial.rig.port)
    await trial.rig.wait_until_ready()
    trial.notes.append(f"ready {time.monotonic() - began:.1f} s after its start")


async def kill_parent(trial: Trial) -> None:
    """Kill the server's parent process alone. Its workers must end, so that it can start again."""
    server = trial.rig.server
    orphans = server.children()
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.to_thread(server.process.wait if server.process else server.kill)
    began = time.monotonic()
    while any(Path(f"/proc/{pid}").exists() for pid in orphans):
        if time.monotonic() - began > 5:
            trial.breaches.append("workers live on 5 s after their parent was killed")
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.1)
    trial.heal()
    server.start()
    await asyncio.to_thread(wait_for, server, trial.rig.port)
    await trial.rig.wait_until_ready()


async def reload(trial: Trial) -> None:
    """Reload the server twice with SIGHUP, each time until all its workers are new."""
    server = trial.rig.server
    for _ in range(2):
        before = set(server.children())
        server.send(signal.SIGHUP)
        began = time.monotonic()
        while before & set(server.children()) or not server.children():
            if time.monotonic() - began > 60:
                raise TimeoutError("workers from before the reload are left after 60 s")
            await asyncio.sleep(0.2)
        trial.notes.append(f"reloaded in {time.monotonic() - began:.1f} s")
    trial.heal()
    await all_replaced(trial)


async def stop_and_continue(trial: Trial) -> None:
    """Stop one worker with SIGSTOP for 20 seconds, then let it go on."""
    pid = trial.random.choice(trial.rig.server.children())
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(20)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    trial.heal()
    await all_replaced(trial)


async def restart(trial: Trial) -> None:
    """SIGTERM to server and worker, and start both again."""
    server, worker = trial.rig.server, trial.rig.worker
    began = time.monotonic()
    status = await asyncio.to_thread(server.stop)
    trial.notes.append(f"the server ended with {status} after {time.monotonic() - began:.1f} s")
    trial.expect(status == 0, f"the server ended with {status} after SIGTERM")
    status = await asyncio.to_thread(worker.stop)
    trial.expect(status == 0, f"the worker ended with {status} after SIGTERM")
    began = time.monotonic()
    trial.heal()
    server.start()
    worker.start()
    await asyncio.to_thread(wait_for, server, trial.rig.port)
    await trial.rig.wait_until_ready()
    trial.notes.append(f"ready {time.monotonic() - began:.1f} s after its start")


def kill_one(trial: Trial) -> None:
    """Kill a random worker of the server."""
    children = trial.rig.server.children()
    if children:
        with suppress(ProcessLookupError):
            os.kill(trial.random.choice(children), signal.SIGKILL)


async def all_replaced(trial: Trial) -> None:
    """Wait until the server has all its workers again. A server that ended is started again."""
    began = time.monotonic()
    expected = int(trial.rig.environment["SECURE_ACCESS_WORKERS"])
    while len(trial.rig.server.children()) < expected:
        if not trial.rig.server.is_running():
            trial.breaches.append("the server ended because its workers were killed")
            trial.rig.server.start()
            await asyncio.to_thread(wait_for, trial.rig.server, trial.rig.port)
        if time.monotonic() - began > 20:
            trial.breaches.append("a killed worker was not replaced within 20 s")
            return
        await asyncio.sleep(0.1)


# While all workers are dead, requests wait for one that starts.
killing = partial(Fault, longest_wait=RESTART_PROMISE)
restarting = partial(Fault, promise=RESTART_PROMISE, longest_wait=RESTART_PROMISE)
PROCESS_FAULTS = (
    killing("F01", "kill -9 of server workers at random, 10 times", kill_server_workers),
    killing("F01b", "kill -9 of each replacement for 6 s", kill_replacements),
    killing("F01c", "kill -9 of all server workers at once", kill_all_server_workers),
    Fault("F03", "kill -9 of the mail worker, 5 times", kill_mail_worker, queue_seconds=150.0),
    restarting("F08", "SIGTERM and start of server and worker", restart),
    restarting("F08b", "kill -9 of the server with all its workers, and start", kill_server),
    restarting("F08c", "kill -9 of the server's parent alone, and start", kill_parent),
    Fault("F08d", "two reloads of the server (SIGHUP)", reload, interrupts=False),
    Fault("F09", "SIGSTOP of a server worker for 20 s", stop_and_continue, longest_wait=12.5),
)
