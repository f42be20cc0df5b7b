"""Tables of the preference for mails about tasks, and of the mails that wait for a digest."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base


class MailPreference(Base):
    """The hour in London of a person's digest. Without an hour, mails are sent one by one."""

    __tablename__ = "mail_preference"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest_hour: Mapped[int | None]
    last_digest_on: Mapped[date | None]
    """London day of the last digest: there is one a day at most."""


class DigestMail(Base):
    """A mail that waits for the digest of its recipient. Its text is encrypted."""

    __tablename__ = "digest_mail"
    __table_args__ = (Index("ix_digest_mail_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    template: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(250))
    sealed_text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
