"""Values that follow from what a person may do, kept by each worker until something changes.

A kept value holds for one state of the person and of everything else, and for a span of time:

- `access_revision` of the account rises with each change of the person's memberships, grants and
  acceptances of terms, in the same transaction. Endpoints read it with the token or code that they
  look at, so a change counts from its commit on.
- The revision of `identity.oidc.cache` rises with each change of organisations, services and terms.
  A worker asks for it once a second.
- `until` is the next moment at which a date in the facts begins or ends something.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from flask import Flask

from app.clock import day_of, end_of_day
from app.context import extension
from identity.accounts.account_snapshot import AccountSnapshot
from identity.accounts.person import Person
from identity.oidc.cache import cache as public_cache

LONGEST = timedelta(minutes=10)
"""Time for which a value is kept at most: two lifetimes of an access token."""
MOST = 5_000
_KEY = "approvals.access_cache"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept:
    revisions: tuple[int, int]
    since: datetime
    until: datetime
    value: object


def install(app: Flask) -> None:
    """Add the cache to the application."""
    app.extensions[_KEY] = {}


def kept(
    account: Person,
    key: Hashable,
    at: datetime,
    load: Callable[[], tuple[Value, Iterable[datetime | None]]],
) -> Value:
    """Return the value that is kept for this person and key, or load it.

    `load` returns the value and every moment at which it may become another one. Callers leave the
    value unchanged. Only for a person as an endpoint has just read them (AccountSnapshot): an
    account of the ORM may be in the midst of a change, so its values are loaded each time.
    """
    if not isinstance(account, AccountSnapshot):
        return load()[0]
    revisions = (account.access_revision, public_cache().revision())
    found = _values().get((account.id, key))
    if found is None or found.revisions != revisions or not found.since <= at < found.until:
        value, moments = load()
        found = _keep((account.id, key), _Kept(revisions, at, _until(at, moments), value))
    return cast(Value, found.value)


def keep(
    account: Person, key: Hashable, at: datetime, value: object, moments: Iterable[datetime | None]
) -> None:
    """Keep a value that was read together with another one, as `kept` does."""
    if isinstance(account, AccountSnapshot):
        revisions = (account.access_revision, public_cache().revision())
        _keep((account.id, key), _Kept(revisions, at, _until(at, moments), value))


def _keep(key: Hashable, entry: _Kept) -> _Kept:
    values = _values()
    if len(values) >= MOST:
        values.clear()
    values[key] = entry
    return entry


def _values() -> dict[Hashable, _Kept]:
    values: dict[Hashable, _Kept] = extension(_KEY)
    return values


def _until(at: datetime, moments: Iterable[datetime | None]) -> datetime:
    ends = [at + LONGEST, end_of_day(day_of(at))]
    return min([*ends, *(moment for moment in moments if moment is not None and moment > at)])
