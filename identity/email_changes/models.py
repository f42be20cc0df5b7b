"""Storage of changes of an email address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, and_
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base
from identity.email_address import MAX_LENGTH, EmailAddress


def _is_open(change: EmailChange, at: datetime) -> bool:
    return change.confirmed_at is None and change.superseded_at is None and change.expires_at > at


def _is_open_sql(table: type[EmailChange], at: datetime) -> ColumnElement[bool]:
    return and_(table.confirmed_at.is_(None), table.superseded_at.is_(None), table.expires_at > at)


def _is_reversible(change: EmailChange, at: datetime) -> bool:
    return (
        change.undone_at is None
        and change.reversible_until is not None
        and change.reversible_until > at
    )


def _is_reversible_sql(table: type[EmailChange], at: datetime) -> ColumnElement[bool]:
    return and_(table.undone_at.is_(None), table.reversible_until > at)


class EmailChange(Base):
    """A change of one person's address, from the request on.

    is_open(at): whether it waits to be confirmed at the new address. is_reversible(at): whether it
    was confirmed and can be put back. Both are SQL as well.
    """

    __tablename__ = "email_change"
    __table_args__ = (
        Index("ix_email_change_account_id", "account_id", "created_at"),
        Index("ix_email_change_email_key", "email_key", "created_at"),
        Index("ix_email_change_former_email_key", "former_email_key", "reversible_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    email: Mapped[str] = mapped_column(String(MAX_LENGTH))
    email_key: Mapped[str] = mapped_column(String(MAX_LENGTH))
    former_email: Mapped[str | None] = mapped_column(String(MAX_LENGTH))
    former_email_key: Mapped[str | None] = mapped_column(String(MAX_LENGTH))
    """The address that the change replaced; none before it is confirmed."""
    begun_by: Mapped[str | None] = mapped_column(String(36))
    """Subject of the approver who began the change; none where the person did."""
    organisation: Mapped[str | None] = mapped_column(String(36))
    """Public id of the organisation for which the approver acted."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    superseded_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    reversible_until: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    moved_invitations: Mapped[list[str]] = mapped_column(JSON(none_as_null=True), default=list)
    """Public ids of the open invitations that followed the person to the new address."""

    is_open = hybrid_method(_is_open, _is_open_sql)
    is_reversible = hybrid_method(_is_reversible, _is_reversible_sql)

    @property
    def address(self) -> EmailAddress:
        """The new address as one value."""
        return EmailAddress(self.email, self.email_key)

    @property
    def former_address(self) -> EmailAddress:
        """The replaced address of a confirmed change as one value."""
        if self.former_email is None or self.former_email_key is None:
            raise ValueError("the change has not been confirmed")
        return EmailAddress(self.former_email, self.former_email_key)
