"""What may be presented once: ids of assertions, proofs and request objects (`jti`).

The claim is one INSERT that finds the id free or not, in the database, so it holds across workers,
hosts and restarts. Callers refuse what lives longer than they allow, which bounds the table.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.clock import now
from app.database import writing_plainly
from identity.oidc.models import UsedOnce
from identity.statements import adder, rows_changed

_add = adder(UsedOnce)


def first_use(kind: str, owner: str, identifier: str, *, until: datetime) -> bool:
    """Whether nobody presented it before: true for exactly one caller, however many try at once.

    `kind` and `owner` (a client's id, a key's thumbprint) keep equal ids of others apart; after
    `until` it would be refused for its age.
    """
    digest = hashlib.sha256(f"{kind}\n{owner}\n{identifier}".encode()).hexdigest()
    with writing_plainly():
        return _add(key_hash=digest, expires_at=until)


def purge(_session: Session) -> int:
    return rows_changed(delete(UsedOnce).where(UsedOnce.expires_at < now()))
