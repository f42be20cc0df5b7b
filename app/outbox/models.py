"""Table of mails that wait for delivery."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.queue import QueuedRow


class OutboxMail(QueuedRow):
    """A mail to deliver. Its text, which may hold a link, is encrypted and blanked once sent."""

    __tablename__ = "outbox_mail"

    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    template: Mapped[str] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(250))
    sealed_text: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """When the mail server refused it for good, or the last attempt failed."""
    urgent: Mapped[bool] = mapped_column(default=False)
    """Whether a person waits for it: it goes before the others."""
    expires_at: Mapped[datetime | None]
    """When its link stops working: a mail that still waits then is not sent."""
