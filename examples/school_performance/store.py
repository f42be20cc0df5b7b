"""Storage of the example in one SQLite file.

Sessions, the secrets of a sign-in (Authlib's), ended sessions, uploads and downloads.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe

from examples.resource_server import Endings


class Store(Endings):
    """Storage of the example: values with an end, and the endings of sessions."""

    def __init__(self, path: str) -> None:
        Path(path).touch(mode=0o600)
        super().__init__(path)
        with closing(sqlite3.connect(path)) as db:
            db.executescript(Path(__file__).with_name("tables.sql").read_text())
        self.run("INSERT OR IGNORE INTO kept VALUES ('cookie secret', ?, 9e99)", token_urlsafe())

    def get(self, key: str) -> str | None:
        found = self.run("SELECT value FROM kept WHERE key = ? AND ends > ?", key, time.time())
        return found[0][0] if found else None

    def set(self, key: str, value: str, seconds: float) -> None:
        self.run("DELETE FROM kept WHERE ends < ?", time.time())
        self.run("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", key, value, time.time() + seconds)

    def delete(self, key: str) -> None:
        self.run("DELETE FROM kept WHERE key = ?", key)
