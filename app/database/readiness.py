"""Table of the readiness check."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Readiness(Base):
    """One row, which the readiness check writes and reads back.

    `oldest_revision` is the oldest revision whose version can use the present schema. A migration
    that removes something raises it.
    """

    __tablename__ = "readiness"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[datetime]
    oldest_revision: Mapped[str] = mapped_column(String(32))
