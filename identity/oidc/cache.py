"""Public data that each worker keeps: clients' metadata and key objects.

Each change of clients or keys raises one number in the database, in the same transaction. A worker
asks for the number at most once in `RECHECK` seconds and forgets what it kept when it has risen,
so a disabled client or a retired key is gone everywhere within that time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask
from sqlalchemy import insert, select, update

from app.database import db, writing
from app.present import part
from identity.oidc.models import Revision
from identity.statements import rows_changed

RECHECK = 1.0
_KEY = "identity.oidc.cache"
Value = TypeVar("Value")


class Cache:
    """Values by key, all of one revision."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._revision = -1
        self._checked = float("-inf")
        self._lock = threading.Lock()

    def get(self, key: Any, load: Callable[[], Value]) -> Value:
        """The kept value; loaded where there is none of the present revision.

        None is not kept: callers may ask for keys that anybody can make up.
        """
        if time.monotonic() - self._checked > RECHECK:
            self._recheck()
        values = self._values
        value = values.get(key)
        if value is None:
            value = load()
            if value is not None:
                values[key] = value
        return cast(Value, value)

    def forget(self) -> None:
        """Makes the next `get` ask for the revision."""
        self._checked = float("-inf")

    def _recheck(self) -> None:
        if not self._lock.acquire(blocking=False):
            # Somebody is asking. Nobody waits for an answer: it may itself wait for its turn.
            return
        try:
            number = db.session.scalar(select(Revision.number)) or 0
            if number != self._revision:
                # A new dictionary: a reader that still fills the old one harms nobody.
                self._values, self._revision = {}, number
            self._checked = time.monotonic()
        finally:
            self._lock.release()


def install(app: Flask) -> None:
    app.extensions[_KEY] = Cache()


def cache() -> Cache:
    return cast(Cache, part(_KEY))


def raise_revision() -> None:
    """Called in the transaction that changes clients or keys."""
    with writing() as session:
        risen = update(Revision).where(Revision.id == 1).values(number=Revision.number + 1)
        if rows_changed(risen) == 0:
            session.execute(insert(Revision).values(id=1, number=1))
    cache().forget()
