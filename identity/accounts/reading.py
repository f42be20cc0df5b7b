"""An account read by a plain statement, for the endpoints that services call all day."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from app.database import db
from identity.accounts.models import Account

_BY_ID = select(Account.__table__).where(Account.id == bindparam("id"))


def copy_of(account_id: int) -> Account | None:
    """The account as it is at this moment, outside the session.

    No commit makes it be read again, and changing it changes nothing.
    """
    row = db.session.connection().execute(_BY_ID, {"id": account_id}).one_or_none()
    return Account(**row._mapping) if row is not None else None
