"""Terms of use: the versions that were published, and who accepted which, when and where."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as text_clause
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identifiers import new_id
from approvals.terms import rules


class TermsVersion(Base):
    """One published text. A row is never changed: a correction is another version.

    `service` none means the platform's own terms. `number` counts from 1 for each service and for
    the platform. `text` is Markdown, `sha256` the hash of its UTF-8 bytes in hexadecimal.
    """

    __tablename__ = "terms_version"
    __table_args__ = (
        UniqueConstraint("service", "number"),
        # A unique constraint lets several rows without a service have one number.
        Index(
            "ux_terms_version_platform",
            "number",
            unique=True,
            sqlite_where=text_clause("service IS NULL"),
            postgresql_where=text_clause("service IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    service: Mapped[str | None] = mapped_column(String(100))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    effective_from: Mapped[datetime]
    accept_again: Mapped[bool]
    published_at: Mapped[datetime]

    @property
    def takes_effect(self) -> datetime:
        """The moment from which the version counts, for pages, commands and rules."""
        return rules.takes_effect(self.effective_from, self.published_at)


class TermsAcceptance(Base):
    """One person's acceptance of one version, with the hash of the text that was shown.

    `session` is the `sid` of the session in which the button was pressed.
    """

    __tablename__ = "terms_acceptance"
    __table_args__ = (
        UniqueConstraint("account_id", "terms_version_id"),
        Index("ix_terms_acceptance_version", "terms_version_id", "accepted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    terms_version_id: Mapped[int] = mapped_column(ForeignKey("terms_version.id"))
    accepted_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    session: Mapped[str] = mapped_column(String(64))
