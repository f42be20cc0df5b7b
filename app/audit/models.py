"""Table of audit events, which the database refuses to change, and of pseudonyms in it."""

from datetime import datetime

from sqlalchemy import DDL, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

from app.audit.append_only import ALLOW_ALL_IDENTIFIERS, ALLOW_PSEUDONYMS, TRIGGERS
from app.database import Base


def _where_there_is(column: str) -> Index:
    """Index only rows that have a value.

    Half of all rows, those of clients' own tokens, have none.
    """
    named = text(f"{column} IS NOT NULL")
    return Index(
        f"ix_audit_event_{column}_id", column, "id", sqlite_where=named, postgresql_where=named
    )


class AuditEvent(Base):
    """An event of the audit. Triggers of the database refuse to delete or change a row.

    They allow one change: of personal text about a person with a row of `AuditPseudonym`.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        _where_there_is("organisation"),
        _where_there_is("subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(80))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(120))
    actor_name: Mapped[str] = mapped_column(String(250))
    organisation: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str | None] = mapped_column(String(36))
    service: Mapped[str | None] = mapped_column(String(80))
    client: Mapped[str | None] = mapped_column(String(120))
    before: Mapped[dict[str, object] | None]
    after: Mapped[dict[str, object] | None]
    detail: Mapped[dict[str, object]]
    request_id: Mapped[str] = mapped_column(String(36), index=True)


class AuditPseudonym(Base):
    """The pseudonym of a person whose name was erased from the audit.

    identifier: the person's subject, or what identifies them in the details of an event
    (`append_only.PERSON_KEYS`). From this row on, the database lets personal text of audit rows
    about the identifier be replaced.
    """

    __tablename__ = "audit_pseudonym"

    identifier: Mapped[str] = mapped_column(String(36), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(60))


for _dialect in TRIGGERS:
    for _statement in [
        *TRIGGERS[_dialect],
        *ALLOW_PSEUDONYMS[_dialect],
        *ALLOW_ALL_IDENTIFIERS[_dialect],
    ]:
        event.listen(
            AuditEvent.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
