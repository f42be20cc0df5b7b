"""Public data that each worker keeps: clients' metadata and key objects.

Each change of clients or keys raises one number in the database, in the same transaction. A worker
asks for the number at most once in `RECHECK` seconds and forgets what it kept when it has risen,
so a disabled client or a retired key is gone everywhere within that time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from app.context import PerApplication
from app.database import db, waiting_at_most, writing
from app.database.single_use import insert_unless_present, rows_changed
from identity.oidc.models import Revision

RECHECK = 1.0
PUBLISHED_SECONDS = 0.4
"""Time for which public data waits for the database, before the last that was read serves."""
_add_revision = insert_unless_present(Revision)
Value = TypeVar("Value")


class Cache:
    """Values by key, all of one revision."""

    def __init__(self) -> None:
        self._kept: tuple[int, dict[object, object]] = (-1, {})
        """A revision, and the values of it alone: a new dictionary for each."""
        self._published: dict[object, object] = {}
        """The last of what `published` gave, of whatever revision."""
        self._checked = float("-inf")
        self._lock = threading.Lock()

    def get(self, key: object, load: Callable[[], Value]) -> Value:
        """Return the cached value, or load it if none has the present revision.

        None is not kept: callers may ask for keys that anybody can make up.
        """
        self.revision()
        revision, values = self._kept
        value = values.get(key)
        if value is None:
            value = load()
            # A reader of the state before a change reads its revision as well.
            if value is not None and _revision() == revision:
                values[key] = value
        return cast(Value, value)

    def published(self, key: object, load: Callable[[], Value]) -> Value:
        """Get the value as `get` does; the last that was read while the database does not answer.

        Not inside a transaction that writes.
        """
        try:
            with waiting_at_most(PUBLISHED_SECONDS):
                value = self._published[key] = self.get(key, load)
        except SQLAlchemyError:
            if key not in self._published:
                raise
            db.session.rollback()
            return cast(Value, self._published[key])
        return value

    def revision(self) -> int:
        """Return the revision, at most `RECHECK` seconds old."""
        if time.monotonic() - self._checked > RECHECK:
            self._recheck()
        return self._kept[0]

    def forget(self) -> None:
        """Forget the revision, so that the next `get` reads it."""
        self._checked = float("-inf")

    def _recheck(self) -> None:
        if not self._lock.acquire(blocking=False):
            # Somebody is asking.
            return
        try:
            number = _revision()
            if number != self._kept[0]:
                self._kept = (number, {})
            self._checked = time.monotonic()
        finally:
            self._lock.release()


def _revision() -> int:
    return db.session.scalar(select(Revision.number)) or 0


cache = PerApplication("identity.oidc.cache", Cache)
"""The application's cache of clients and keys."""


def raise_revision() -> None:
    """Raise the revision. Called in the transaction that changes clients or keys."""
    with writing():
        _add_revision(id=1, number=0)
        rows_changed(update(Revision).where(Revision.id == 1).values(number=Revision.number + 1))
    cache().forget()
