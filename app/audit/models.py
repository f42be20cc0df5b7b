"""Table of audit events, which the database refuses to change."""

from datetime import datetime

from sqlalchemy import DDL, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

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
    """One thing that happened. The database itself refuses to change or delete a row."""

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


_REFUSAL = "audit rows are never changed"

APPEND_ONLY: dict[str, list[str]] = {
    "sqlite": [
        f"""
        CREATE TRIGGER audit_event_no_{verb} BEFORE {verb.upper()} ON audit_event
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
        """
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$
        """,
        """
        CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
        """,
    ],
}
"""Statements that make the table append-only, by dialect; the migration runs them too."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(
            AuditEvent.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
