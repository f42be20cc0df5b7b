"""Plain statements for the endpoints that every relying service calls all day.

They are built once, with parameters, and run on the session's own connection, inside its
transaction: what the ORM does for pages costs several times the work here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, update

from app.database import db
from identity.oidc.models import AuthorizationCode, RefreshToken, TokenFamily

_CLAIMS = {
    table: update(table)
    .where(table.id == bindparam("identifier"), table.used_at.is_(None))
    .values(used_at=bindparam("at"))
    for table in (AuthorizationCode, RefreshToken)
}
_NEW_FAMILY = insert(TokenFamily).returning(TokenFamily.id)
_NEW_CODE = insert(AuthorizationCode)
_NEW_REFRESH_TOKEN = insert(RefreshToken)


def one(statement: Select[*tuple[Any, ...]], **values: Any) -> Row[Any] | None:
    """The row that the statement finds, if any."""
    found: Row[Any] | None = db.session.connection().execute(statement, values).one_or_none()
    return found


def claimed(table: type[AuthorizationCode | RefreshToken], identifier: int, at: datetime) -> bool:
    """Claims what is single-use, inside `writing()`: one conditional UPDATE, whose count decides.

    True for exactly one caller, however many try at once on whatever host.
    """
    values = {"identifier": identifier, "at": at}
    return db.session.connection().execute(_CLAIMS[table], values).rowcount == 1


def add_family(values: dict[str, Any]) -> int:
    """A new token family, inside `writing()`; its id."""
    return db.session.connection().execute(_NEW_FAMILY, values).scalar_one()


def add_code(values: dict[str, Any]) -> None:
    db.session.connection().execute(_NEW_CODE, values)


def add_refresh_token(values: dict[str, Any]) -> None:
    db.session.connection().execute(_NEW_REFRESH_TOKEN, values)
