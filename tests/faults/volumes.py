"""Small volumes in memory that can be filled, and what the machine allows."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

FILLER = "filler"
_MIB = 1 << 20


@lru_cache(maxsize=1)
def mount_refused() -> str | None:
    """Return why no volume can be mounted here, or None."""
    if os.geteuid() != 0:
        return "mounting a small volume needs root"
    with tempfile.TemporaryDirectory() as folder:
        run = _mount(Path(folder), 1)
        if run.returncode != 0:
            return "this machine lets nobody mount a volume"
        subprocess.run(["umount", folder], check=True)
    return None


def strace_refused() -> str | None:
    """Return why no system call of another process can be made to fail here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    run = subprocess.run(
        ["strace", "-o", os.devnull, "-e", "inject=fsync:error=EIO", "true"],
        check=False,
        capture_output=True,
    )
    return "strace may not trace here" if run.returncode else None


@contextmanager
def mounted(folder: Path, mebibytes: int) -> Iterator[None]:
    """Mount a volume of this size on the folder, where that is allowed."""
    if mount_refused() is not None:
        yield
        return
    _mount(folder, mebibytes)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> None:
    """Use up all space of the folder's volume, until `free`."""
    with (folder / FILLER).open("wb") as filler:
        size = 0
        for step in (64 * _MIB, _MIB, 4096):
            try:
                while True:
                    os.posix_fallocate(filler.fileno(), size, step)
                    size += step
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def free(folder: Path) -> None:
    """Give the space back."""
    (folder / FILLER).unlink(missing_ok=True)


def _mount(folder: Path, mebibytes: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=755", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
