"""Changes of codes, families and refresh tokens, each one compiled statement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, insert, select, update

from app.database import Change, ChildInsert, CompiledStatement
from identity.oidc.models import AuthorizationCode, RefreshToken, TokenFamily

_LIVE_FAMILY = select(TokenFamily.id).where(
    TokenFamily.id == bindparam("family"), TokenFamily.ended_at.is_(None)
)
_CLAIMS = {
    table: CompiledStatement(
        update(table)
        .where(
            table.id == bindparam("identifier"),
            table.used_at.is_(None),
            exists(_LIVE_FAMILY),
        )
        .values(used_at=bindparam("at"))
    )
    for table in (AuthorizationCode, RefreshToken)
}
_PROLONG = CompiledStatement(
    update(RefreshToken)
    .where(RefreshToken.id == bindparam("identifier"))
    .values(expires_at=bindparam("until"))
)
_NEW_FAMILY = CompiledStatement(insert(TokenFamily))
_NEW_CODE = ChildInsert(
    insert(AuthorizationCode),
    foreign_key=AuthorizationCode.grant_id,
    parent=_NEW_FAMILY,
    unique=TokenFamily.public_id,
)
_NEW_REFRESH_TOKEN = CompiledStatement(insert(RefreshToken))


def claim_of(
    table: type[AuthorizationCode | RefreshToken], identifier: int, family: int, at: datetime
) -> Change:
    """Return the claim of a code or token: one conditional UPDATE, whose row count decides.

    It changes the row unless the row was used or its family has ended.
    """
    return _CLAIMS[table].with_values(identifier=identifier, family=family, at=at)


def new_family(**values: object) -> Change:
    """Return the row of a token family, to be added."""
    return _NEW_FAMILY.with_values(**values)


def new_code(family: str, **values: object) -> Change:
    """Return the row of a code. It follows that of its family, whose `public_id` is given."""
    return _NEW_CODE.with_values(parent=family, **values)


def new_refresh_token(**values: object) -> Change:
    """Return the row of a refresh token, to be added."""
    return _NEW_REFRESH_TOKEN.with_values(**values)


def prolonged(refresh_token: int, *, expires_at: datetime) -> Change:
    """Return the change that moves the end of a refresh token."""
    return _PROLONG.with_values(identifier=refresh_token, until=expires_at)
