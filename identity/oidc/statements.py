"""Claiming what is single-use: one conditional UPDATE, whose row count decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from identity.oidc.models import AuthorizationCode, RefreshToken
from identity.statements import rows_changed


def claimed(table: type[AuthorizationCode | RefreshToken], identifier: int, at: datetime) -> bool:
    """True for exactly one caller, however many try at once on whatever host."""
    statement = update(table).where(table.id == identifier, table.used_at.is_(None))
    return rows_changed(statement.values(used_at=at)) == 1
