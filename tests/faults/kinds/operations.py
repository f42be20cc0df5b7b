"""Faults in an operator's work: commands that are killed, and keys that change."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from pathlib import Path

from sqlalchemy import select

from app.database import db
from approvals.organisations.models import Organisation
from approvals.organisations.synthetic import write_national
from tests.faults.evidence import Bulk
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.database import PROMISE
from tests.faults.kinds.processes import restarting
from tests.faults.programs import Program, wait_for

SCHOOLS = 600


async def kill_import(trial: Trial) -> None:
    """Kill an import of the register five times, then let it finish (a bulk job)."""
    files = await asyncio.to_thread(
        write_national, trial.rig.folder / f"register-{time.time_ns()}", SCHOOLS
    )
    program = _command(trial, "register", "import", *map(str, files))
    for _ in range(5):
        program.start()
        await asyncio.sleep(trial.random.uniform(2, 8))
        await asyncio.to_thread(program.kill)
    run = await asyncio.to_thread(trial.rig.command, *program.arguments)
    trial.heal()
    trial.expect(run.returncode == 0, f"the import fails afterwards: {run.stderr[-200:]}")
    trial.bulk = await asyncio.to_thread(_schools, trial, files[0])


async def kill_set_up(trial: Trial) -> None:
    """Kill the set-up of another, empty database five times, then let it finish."""
    store = trial.rig.store
    if store.server is not None:
        url = await asyncio.to_thread(store.server.create_database)
    else:
        url = f"sqlite:///{trial.rig.folder / f'set-up-{time.time_ns()}.sqlite3'}"
    program = _command(trial, "setup")
    program.environment = {**program.environment, "SECURE_ACCESS_DATABASE_URL": url}
    for _ in range(5):
        program.start()
        await asyncio.sleep(trial.random.uniform(1, 6))
        await asyncio.to_thread(program.kill)
    for attempt in ("after the kills", "a second time"):
        run = await asyncio.to_thread(trial.rig.command, "setup", SECURE_ACCESS_DATABASE_URL=url)
        trial.expect(run.returncode == 0, f"setup fails {attempt}: {run.stderr[-300:]}")
    trial.heal()


async def set_up_under_load(trial: Trial) -> None:
    """Run `secure-access setup` on the database while the service works."""
    began = time.monotonic()
    run = await asyncio.to_thread(trial.rig.command, "setup")
    trial.heal()
    trial.expect(run.returncode == 0, f"setup fails under load: {run.stderr[-300:]}")
    trial.notes.append(f"setup took {time.monotonic() - began:.1f} s")


async def rotate_signing_keys(trial: Trial) -> None:
    """Rotate the signing keys four times under load."""
    for _ in range(4):
        run = await asyncio.to_thread(trial.rig.command, "keys", "rotate")
        trial.expect(run.returncode == 0, f"keys rotate fails: {run.stderr[-200:]}")
    trial.heal()


async def rotate_secrets(trial: Trial) -> None:
    """Change the secret key and the encryption key, keeping the old ones, and restart."""
    rig = trial.rig
    changes = {
        "SECURE_ACCESS_SECRET_KEY": secrets.token_urlsafe(48),
        "SECURE_ACCESS_SECRET_KEY_FALLBACKS": rig.environment["SECURE_ACCESS_SECRET_KEY"],
        "SECURE_ACCESS_ENCRYPTION_KEYS": ",".join(
            [_new_key(), rig.environment["SECURE_ACCESS_ENCRYPTION_KEYS"]]
        ),
    }
    before = dict(rig.environment)
    await _restart(trial, {**before, **changes})
    await asyncio.sleep(4)
    # The next faults use the first key again: what the new one encrypted must stay readable.
    ring = changes["SECURE_ACCESS_ENCRYPTION_KEYS"].split(",")
    reversed_ring = ",".join(reversed(ring))
    await _restart(trial, {**before, "SECURE_ACCESS_ENCRYPTION_KEYS": reversed_ring})
    rig.environment["SECURE_ACCESS_ENCRYPTION_KEYS"] = reversed_ring


async def wrong_encryption_key(trial: Trial) -> None:
    """Restart with an encryption key that opens no stored key, for 6 seconds."""
    before = dict(trial.rig.environment)
    await _restart(trial, {**before, "SECURE_ACCESS_ENCRYPTION_KEYS": _new_key()}, ready=False)
    await asyncio.sleep(6)
    trial.expect(not await trial.rig.ready(), "/readyz is 200 though no signing key opens")
    await _restart(trial, before)


def _command(trial: Trial, *arguments: str) -> Program:
    return Program(arguments, trial.rig.environment, trial.rig.folder / "commands.log")


def _schools(trial: Trial, establishments: Path) -> Bulk:
    """Return the URNs of the file, and those that are stored."""
    with establishments.open(encoding="cp1252") as lines:
        next(lines)
        expected = [line.split(",", 1)[0].strip('"') for line in lines]
    with trial.rig.app.app_context():
        stored = list(
            db.session.scalars(select(Organisation.urn).where(Organisation.urn.in_(expected)))
        )
        db.session.remove()
        db.engine.dispose()
    return Bulk(expected, [urn for urn in stored if urn is not None])


async def _restart(trial: Trial, environment: dict[str, str], *, ready: bool = True) -> None:
    """Restart server and worker with this environment."""
    rig = trial.rig
    for program in (rig.server, rig.worker):
        program.environment = environment
        await asyncio.to_thread(program.stop)
    trial.heal()
    for program in (rig.server, rig.worker):
        program.start()
    await asyncio.to_thread(wait_for, rig.server, rig.port)
    if ready:
        await rig.wait_until_ready()


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


OPERATION_FAULTS = (
    Fault(
        "F04",
        "kill -9 of `register import`, 5 times, then again",
        kill_import,
        PROMISE,
        interrupts=False,
    ),
    Fault(
        "F27", "four rotations of the signing keys", rotate_signing_keys, PROMISE, interrupts=False
    ),
    restarting("F28", "encryption key that opens nothing for 6 s", wrong_encryption_key),
    restarting("F29", "new secret key and encryption key, and back", rotate_secrets),
    Fault("F30", "`setup` while the service works", set_up_under_load, PROMISE, interrupts=False),
    Fault("F31", "kill -9 of `setup`, 5 times, then again", kill_set_up, PROMISE, interrupts=False),
)
