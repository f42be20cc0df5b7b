"""Operators: the people who look after Secure Access itself."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.database.dated_rows import OPEN, DatedRow
from app.identifiers import new_id


class Operator(DatedRow, Base):
    """The appointment of one operator, from the invitation on; closed, never deleted.

    ``account_id`` is none until the invitation is accepted.
    """

    __tablename__ = "operator"
    __table_args__ = (
        Index(
            "ux_operator_open", "email_key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        ),
        Index("ix_operator_account", "account_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    appointed_by: Mapped[str] = mapped_column(String(200))
    joined_at: Mapped[datetime | None]
