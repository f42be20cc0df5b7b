"""Tables of operators' pages about clients."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base


class ClientAnswer(Base):
    """Result of a form that made a client or a secret, for the session that sent it.

    `form_id` is the form's own, so that it acts once however often it is sent. The secret is
    encrypted by the vault and goes when it is shown.
    """

    __tablename__ = "client_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(String(36), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    client_id: Mapped[str | None] = mapped_column(String(64))
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
