"""Decisions that wait: the request, the deciders, the moment of the effect, and the end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identifiers import new_id

NOT_ENDED = text("ended_at IS NULL")
"""Condition of the partial indexes over decisions that have not ended."""
NOT_ENDED_ANYWHERE = text("ended_at IS NULL AND organisation_id IS NULL")


class PendingDecision(Base):
    """One request for a decision. `kind` is the name of a `DecisionKind`.

    `account_id`: the person whom the decision is about. `organisation_id`: the organisation whose
    approvers decide; none where those of several may, or operators. `asked_by`, `decided_by` and
    the like hold an actor's identifier: a person's subject or the name of a command.

    A decision of two people is agreed to by the first (`first_agreed_by`) and decided by the
    second. `takes_effect_at` is set with the decision. A row that has ended stays as it is.
    """

    __tablename__ = "pending_decision"
    __table_args__ = (
        Index(
            "ux_pending_decision_open",
            "kind",
            "account_id",
            "organisation_id",
            unique=True,
            sqlite_where=NOT_ENDED,
            postgresql_where=NOT_ENDED,
        ),
        Index(
            "ux_pending_decision_open_anywhere",
            "kind",
            "account_id",
            unique=True,
            sqlite_where=NOT_ENDED_ANYWHERE,
            postgresql_where=NOT_ENDED_ANYWHERE,
        ),
        Index("ix_pending_decision_account", "account_id", "kind", "organisation_id"),
        Index("ix_pending_decision_organisation", "kind", "organisation_id", "ended_at"),
        Index(
            "ix_pending_decision_due",
            "kind",
            "takes_effect_at",
            sqlite_where=NOT_ENDED,
            postgresql_where=NOT_ENDED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(500))
    details: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    undecided_until: Mapped[datetime | None]
    """Moment at which a request without a decision ends."""
    first_agreed_by: Mapped[str | None] = mapped_column(String(200))
    first_agreed_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    deciding_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    """The organisation as whose approver the decider acted; none for operators."""
    takes_effect_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(20))
    ended_by: Mapped[str | None] = mapped_column(String(200))
    end_reason: Mapped[str | None] = mapped_column(String(500))
