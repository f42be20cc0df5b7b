"""Values that count once: ids of assertions, proofs and request objects (`jti`).

The claim is one INSERT that finds the id free or not, in the database, so it holds across workers,
hosts and restarts. Callers refuse what lives longer than they allow, which bounds the table.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import select

from app.clock import now
from app.database import CompiledQuery, commit_unit, db
from app.database.single_use import insert_if_absent
from app.retention import Expired
from identity.oidc.cache import cache, raise_revision
from identity.oidc.lifetimes import CLOCK_SKEW, LONGEST_ASSERTION
from identity.oidc.models import UsedOnce

_FORGOTTEN = "forgotten"
"""Key of the row that stands for every id there was when it was written, until its end."""
_FORGOTTEN_FOR = LONGEST_ASSERTION + CLOCK_SKEW
_NEVER = datetime.min.replace(tzinfo=UTC)


class _EndRow(Protocol):
    expires_at: datetime


_END_OF_THE_FORGOTTEN: CompiledQuery[_EndRow] = CompiledQuery(
    select(UsedOnce.expires_at).where(UsedOnce.key_hash == _FORGOTTEN)
)
_NEW = insert_if_absent(UsedOnce)


def first_use(
    kind: str, owner: str, identifier: str, *, issued: int | None, until: datetime
) -> bool:
    """Return whether nobody presented it before.

    True for exactly one caller, however many try at once.

    `kind` and `owner` (a client's id, a key's thumbprint) keep equal ids of others apart. It was
    `issued` at that second, where that is known; after `until` it would be refused for its age.
    """
    if _may_be_forgotten(issued):
        return False
    digest = hashlib.sha256(f"{kind}\n{owner}\n{identifier}".encode()).hexdigest()
    return commit_unit(claim=_NEW.with_values(key_hash=digest, expires_at=until))


def forget_all() -> None:
    """Forget all values, and refuse everything issued before now. Must run inside `writing()`.

    A client whose clock is ahead may name a time within the next minute.
    """
    end = now() + _FORGOTTEN_FOR
    db.session.merge(UsedOnce(key_hash=_FORGOTTEN, expires_at=end))
    raise_revision()


def _may_be_forgotten(issued: int | None) -> bool:
    end = cache().get(_FORGOTTEN, _end_of_the_forgotten)
    if end <= now():
        return False
    return issued is None or issued < (end - _FORGOTTEN_FOR + CLOCK_SKEW).timestamp()


def _end_of_the_forgotten() -> datetime:
    found = _END_OF_THE_FORGOTTEN.one()
    return _NEVER if found is None else found.expires_at


def expired() -> list[Expired]:
    """Return ids whose tokens would be refused by their time alone."""
    return [Expired(UsedOnce, UsedOnce.expires_at < now())]
