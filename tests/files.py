"""Text files of the repository, for tests that hold every one of them to a rule."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def list_files() -> list[str]:
    """Return the path of every file that git tracks or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = set(filter(None, listing.stdout.split("\0")))
    return sorted(name for name in names if (ROOT / name).is_file())


def read_text_files(suffixes: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield path and text of every file of `list_files`, except binary ones.

    `suffixes` (".py", ".html") limits the files; by default there is no limit.
    """
    for name in list_files():
        file = ROOT / name
        if suffixes and file.suffix not in suffixes:
            continue
        try:
            yield name, file.read_text()
        except UnicodeDecodeError:
            continue
