"""What the example keeps, in one SQLite file; Authlib keeps the secrets of a sign-in here, too."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe


class Store:
    def __init__(self, path: str) -> None:
        self._path = path
        Path(path).touch(mode=0o600)
        with closing(sqlite3.connect(path)) as db:
            db.executescript(Path(__file__).with_name("tables.sql").read_text())
        self.run("INSERT OR IGNORE INTO kept VALUES ('cookie secret', ?, 9e99)", token_urlsafe())

    def run(self, statement: str, *values: str | float) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
            return db.execute(statement, values).fetchall()

    def get(self, key: str) -> str | None:
        found = self.run("SELECT value FROM kept WHERE key = ? AND ends > ?", key, time.time())
        return found[0][0] if found else None

    def set(self, key: str, value: str, seconds: float) -> None:
        self.run("DELETE FROM kept WHERE ends < ?", time.time())
        self.run("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", key, value, time.time() + seconds)

    def delete(self, key: str) -> None:
        self.run("DELETE FROM kept WHERE key = ?", key)
