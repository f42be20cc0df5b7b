"""A machine without names, temporary folder, home and locale, and with a read-only root."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess

from tests.faults.fault import Fault, Trial
from tests.faults.kinds.database import PROMISE
from tests.faults.second_host import second_host, shared_load

SHARED_SECONDS = 8.0
# Volumes below the root, such as that of the database, stay writable.
SCRIPT = """
set -e
mount --bind /dev/null /etc/resolv.conf
mount --bind /dev/null /etc/hosts
mount -o remount,bind,ro /
for folder in /tmp /var/tmp; do
    if mountpoint -q "$folder"; then mount -o remount,bind,ro "$folder"; fi
done
if touch /tmp/faults-can-write 2> /dev/null; then echo "/tmp can be written" >&2; exit 1; fi
umask 000
exec "$@"
"""
BARE = ("env", "-u", "HOME", "-u", "USER", "LC_ALL=C", "TMPDIR=/nonexistent")


def namespaces_refused() -> str | None:
    """Return why no process can have mounts of its own here, or None."""
    if os.geteuid() != 0:
        return "mounts of one process alone need root"
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    run = subprocess.run(
        [*_prefix(), "true"], check=False, capture_output=True, stdin=subprocess.DEVNULL
    )
    return "this machine lets nobody make mounts of a process" if run.returncode else None


async def bare_surroundings(trial: Trial) -> None:
    """Serve from a second server in such surroundings, beside the first one."""
    async with second_host(trial, prefix=_prefix()) as port, shared_load(trial, port):
        await asyncio.sleep(SHARED_SECONDS)
    trial.heal()


def _prefix() -> tuple[str, ...]:
    private = ("unshare", "--mount", "--propagation", "private")
    return (*private, "sh", "-c", SCRIPT, "sh", *BARE)


SURROUNDING_FAULTS = (
    Fault(
        "F36",
        "no names, read-only root, no temporary folder, umask 0, locale C",
        bare_surroundings,
        PROMISE,
        needs=(namespaces_refused,),
        interrupts=False,
    ),
)
