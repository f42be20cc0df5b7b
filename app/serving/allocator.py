"""Settings of glibc's allocator, under which a hash of a password gives its memory back.

A hash takes 19 MiB (`SECURE_ACCESS_PASSWORD_MEMORY_KIB`). By default glibc keeps that in the thread
that freed it, so that four hash threads hold 76 MiB for good. From a threshold on it can return
memory at once, and with huge pages the memory of the next hash costs ten page faults instead of
5,000: measured with glibc 2.36 and 4 threads, 14 MiB in place of 165 MiB at the same speed.

glibc reads these settings when a process starts (GLIBC_TUNABLES), so the process starts once more.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar

PROGRAM = "secure-access"
TUNABLES = "GLIBC_TUNABLES"
MMAP_THRESHOLD = 1 << 20
"""Bytes from which an allocation is returned to the system when it is freed."""
MOST_ARENAS = 2
"""Heaps of one process. By default glibc makes eight for each processor, and each keeps memory that
is free. Threads that hold the interpreter's lock in turn gain nothing from more."""
FIRST_WITH_HUGE_PAGES = (2, 35)
_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def with_allocator_settings(
    command: Callable[Arguments, Result],
) -> Callable[Arguments, Result]:
    """Start the process anew with the settings, where the system has them, before the command."""

    @functools.wraps(command)
    def started(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        tunables = tunables_for(os.environ, libc=_libc(), huge_pages=_read(_HUGE_PAGES))
        if tunables is not None and _is_program(Path(sys.argv[0])):
            os.environ[TUNABLES] = tunables
            os.execv(sys.argv[0], sys.argv)  # noqa: S606  # this program
        return command(*arguments, **options)

    return started


def tunables_for(environ: Mapping[str, str], *, libc: str, huge_pages: str) -> str | None:
    """Return the value of GLIBC_TUNABLES to start with, or None to go on as things are.

    Where the operator has set it, it stays. Without huge pages every hash would take a third
    longer, so the memory is kept.
    """
    if TUNABLES in environ or "[never]" in huge_pages or not huge_pages:
        return None
    name, _, version = libc.partition(" ")
    if name != "glibc" or _numbers(version) < FIRST_WITH_HUGE_PAGES:
        return None
    chosen = {"mmap_threshold": MMAP_THRESHOLD, "hugetlb": 1, "arena_max": MOST_ARENAS}
    return ":".join(f"glibc.malloc.{name}={value}" for name, value in chosen.items())


def _is_program(path: Path) -> bool:
    """Return whether the path is this program; another that runs the command is not replaced."""
    return path.name == PROGRAM and os.access(path, os.X_OK)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _libc() -> str:
    """Return name and version of the C library, such as `glibc 2.36`; empty if it has no name."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
