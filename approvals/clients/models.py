"""Tables of operators' pages about clients."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.journeys import JourneyRow


class ClientAnswer(JourneyRow):
    """Result of a form that made a client or a secret, for the session that sent it.

    `public_id` is the form's own, so that it acts once however often it is sent. The secret is
    encrypted by the vault and removed when it is shown.
    """

    __tablename__ = "client_answer"

    public_id: Mapped[str] = mapped_column("form_id", String(36), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    client_id: Mapped[str | None] = mapped_column(String(64))
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
