"""Signing keys for tests: made once for each test process, since RSA keys take their time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from app.clock import now
from app.database import db, writing
from identity.oidc.cache import raise_revision
from identity.oidc.keys import actions
from identity.oidc.models import SigningKey

_made: list[dict[str, Any]] = []


def ready() -> None:
    """The application has keys, as `secure-access setup` makes them."""
    if not _made:
        actions.ensure()
        rows = db.session.execute(select(SigningKey.__table__)).mappings()
        _made.extend({name: row[name] for name in row if name != "id"} for row in rows)
        return
    at = now()
    with writing() as session:
        session.execute(
            insert(SigningKey),
            [row | {"published_at": at, "active_from": row["active_from"] and at} for row in _made],
        )
        raise_revision()
