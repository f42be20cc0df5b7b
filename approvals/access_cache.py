"""Values that follow from what a person may do, cached by each server process.

A cached value holds for one state of the person and of everything else, and for a span of time:

- `access_revision` of the account rises with each change of the person's memberships, grants and
  acceptances of terms, in the same transaction. Endpoints read it with the token or code that they
  look at, so a change counts from its commit on.
- The revision of `identity.oidc.cache` rises with each change of organisations, services and terms.
  A process reads it once a second.
- `until` is the next moment at which a date in the facts begins or ends something.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from app.clock import day_of, end_of_day
from app.context import PerApplication
from app.database import is_writing
from identity.accounts.account_snapshot import AccountSnapshot
from identity.accounts.person import Person
from identity.oidc.cache import cache as public_cache

LONGEST = timedelta(minutes=10)
"""Time for which a value is stored at most: two lifetimes of an access token."""
MOST = 5_000
Value = TypeVar("Value")


Revisions = tuple[int, int]
"""The revisions of an account and of public data."""


@dataclass(frozen=True, slots=True)
class _Entry:
    revisions: Revisions
    since: datetime
    until: datetime
    value: object


_entries: PerApplication[dict[Hashable, _Entry]] = PerApplication("approvals.access_cache", dict)


def revisions_of(account: Person) -> Revisions | None:
    """Return the revisions that a value has if it is read after this call.

    None for an account of the ORM, and inside `writing()`, as the account may be in the midst of a
    change: its values are neither stored nor looked up.
    """
    if not isinstance(account, AccountSnapshot) or is_writing():
        return None
    return account.access_revision, public_cache().revision()


def get_or_load(
    account: Person,
    key: Hashable,
    at: datetime,
    load: Callable[[], tuple[Value, Iterable[datetime | None]]],
) -> Value:
    """Return the value that is stored for this person and key, or load and store it.

    `load` returns the value and every moment at which it may become another one. Callers leave the
    value unchanged.
    """
    revisions = revisions_of(account)
    entry = _entries().get((account.id, key))
    if entry and entry.revisions == revisions and entry.since <= at < entry.until:
        return cast(Value, entry.value)
    value, moments = load()
    store(account, revisions, key, at, value, moments)
    return value


def store(
    account: Person,
    revisions: Revisions | None,
    key: Hashable,
    at: datetime,
    value: object,
    moments: Iterable[datetime | None],
) -> None:
    """Store a value with the revisions that `revisions_of` returned before it was read."""
    if revisions is None:
        return
    entries = _entries()
    if len(entries) >= MOST:
        entries.clear()
    entries[account.id, key] = _Entry(revisions, at, _until(at, moments), value)


def _until(at: datetime, moments: Iterable[datetime | None]) -> datetime:
    ends = [at + LONGEST, end_of_day(day_of(at))]
    return min([*ends, *(moment for moment in moments if moment is not None and moment > at)])
