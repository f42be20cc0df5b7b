"""A folder in memory for the files that a test's server writes."""

import os
import shutil
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
ENOUGH = 1 << 30


def temporary_root() -> Path:
    """Return the folder below which a server's files belong: memory, or else the disk.

    Copying a database means creating some three hundred files. Disks take up to ten times as long
    for it as memory does. Containers often have a `/dev/shm` of 64 MB, which is too small.
    """
    if os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH:
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())
