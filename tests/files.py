"""Text files of the repository, for tests that hold every one of them to a rule."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def read_text_files(suffixes: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that git tracks or would add, except binary ones.

    `suffixes` (".py", ".html") limits the files; by default there is no limit.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in sorted(set(filter(None, listing.stdout.split("\0")))):
        file = ROOT / name
        if not file.is_file() or (suffixes and file.suffix not in suffixes):
            continue
        try:
            yield name, file.read_text()
        except UnicodeDecodeError:
            continue
