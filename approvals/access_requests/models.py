"""Mails about requests for access that were sent, for the limit on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class RequestNotice(Base):
    """A mail to one person that mentioned one request.

    `number` counts the occasions of a request: 0 for the first mail, then each reminder and each
    further level of deciders. For the asker it counts the levels alone.
    """

    __tablename__ = "request_notice"
    __table_args__ = (
        Index("ux_request_notice", "decision_id", "account_id", "number", unique=True),
        Index("ix_request_notice_account", "account_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("pending_decision.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    number: Mapped[int]
    sent_at: Mapped[datetime]
