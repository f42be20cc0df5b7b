"""On what the figures were taken: nothing that names the machine or a place on it."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.processes import PYTHON
from bench.stores import PROCESSOR_SETTINGS

_PACKAGES = ("granian", "Flask", "SQLAlchemy", "cryptography", "argon2-cffi-bindings")

_WHEEL_OF_ARGON2 = (
    "from importlib.metadata import distribution as found;"
    "print(found('argon2-cffi-bindings').read_text('WHEEL'))"
)


def description(postgresql: str) -> dict[str, str]:
    """Describe the machine; `postgresql` is the server's version."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores in use",
        "server": ", ".join(f"{name} {value}" for name, value in PROCESSOR_SETTINGS.items()),
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{_system()}, Linux {platform.release()}",
        "python": _python(),
        "databases": f"SQLite {sqlite3.sqlite_version}, PostgreSQL {postgresql}",
        "argon2": argon2_build(),
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }


def argon2_build() -> str:
    """Return which build of argon2 the servers have, by the tags of its wheel."""
    wheel = subprocess.run(
        [PYTHON, "-c", _WHEEL_OF_ARGON2], check=True, capture_output=True, text=True
    ).stdout
    tags = [line for line in wheel.splitlines() if line.startswith("Tag:")]
    portable = any("manylinux" in tag or "musllinux" in tag for tag in tags)
    return "the portable wheel" if portable else "compiled on this machine"


def _python() -> str:
    """Return the Python of the servers."""
    told = subprocess.run([PYTHON, "--version"], check=True, capture_output=True, text=True)
    return told.stdout.removeprefix("Python ").strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
