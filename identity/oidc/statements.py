"""Writes of the endpoints that services call all day, each by one compiled statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from app.database import CompiledStatement
from identity.oidc.models import AuthorizationCode, RefreshToken, TokenFamily

_CLAIMS = {
    table: CompiledStatement(
        update(table)
        .where(table.id == bindparam("identifier"), table.used_at.is_(None))
        .values(used_at=bindparam("at"))
    )
    for table in (AuthorizationCode, RefreshToken)
}
_PROLONG = CompiledStatement(
    update(RefreshToken)
    .where(RefreshToken.id == bindparam("identifier"))
    .values(expires_at=bindparam("until"))
)
_NEW_FAMILY = CompiledStatement(insert(TokenFamily).returning(TokenFamily.id))
_NEW_CODE = CompiledStatement(insert(AuthorizationCode))
_NEW_REFRESH_TOKEN = CompiledStatement(insert(RefreshToken))


def claim_row(table: type[AuthorizationCode | RefreshToken], identifier: int, at: datetime) -> bool:
    """Claim what is single-use, where one may write: one conditional UPDATE, whose count decides.

    True for exactly one caller, however many try at once on whatever host.
    """
    return _CLAIMS[table].run(identifier=identifier, at=at) == 1


def add_family(**values: Any) -> int:
    """Add a token family and return its id. Must run inside a transaction."""
    key: int = _NEW_FAMILY.added(**values)
    return key


def add_code(**values: Any) -> None:
    """Add a code."""
    _NEW_CODE.run(**values)


def add_refresh_token(**values: Any) -> None:
    """Add a refresh token."""
    _NEW_REFRESH_TOKEN.run(**values)


def prolong(refresh_token: int, *, expires_at: datetime) -> None:
    """Move the end of a refresh token."""
    _PROLONG.run(identifier=refresh_token, until=expires_at)
