"""Columns of a table whose rows wait for delivery."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.clock import now
from app.database import Base
from app.identifiers import new_id

WAITING = "waiting"
WITHDRAWN = "withdrawn"


class QueuedRow(Base):
    """A row of a queue. It waits until it is delivered, given up or withdrawn."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    """When the next attempt is due. During an attempt: when its lease ends."""
    last_error: Mapped[str | None] = mapped_column(String(250))

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:  # noqa: N805  # the class, as SQLAlchemy calls it
        return (Index(None, "state", "next_attempt_at"),)
