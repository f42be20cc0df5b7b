"""What may be presented once: ids of assertions, proofs and request objects (`jti`).

The claim is one INSERT whose row count decides, in the database, so it holds across workers, hosts
and restarts. Callers refuse what lives longer than they allow, which bounds the table.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.clock import now
from app.database import writing
from identity.oidc.models import UsedOnce
from identity.statements import rows_changed

_INSERTS = {
    "sqlite": sqlite.insert(UsedOnce).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(UsedOnce).on_conflict_do_nothing(),
}


def first_use(kind: str, owner: str, identifier: str, *, until: datetime) -> bool:
    """Whether nobody presented it before: true for exactly one caller, however many try at once.

    `kind` and `owner` (a client's id, a key's thumbprint) keep equal ids of others apart; after
    `until` it would be refused for its age.
    """
    digest = hashlib.sha256(f"{kind}\n{owner}\n{identifier}".encode()).hexdigest()
    with writing() as session:
        connection = session.connection()
        statement = _INSERTS[connection.dialect.name]
        result = connection.execute(statement, {"key_hash": digest, "expires_at": until})
        return cast(CursorResult[Any], result).rowcount == 1


def purge(_session: Session) -> int:
    return rows_changed(delete(UsedOnce).where(UsedOnce.expires_at < now()))
