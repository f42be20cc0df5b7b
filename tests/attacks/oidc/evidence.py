"""Evidence that attacks check afterwards."""

from __future__ import annotations

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.database import db
from identity.oidc.models import AuthorizationCode


def audited(event: str) -> list[AuditEvent]:
    """The audit rows of one kind."""
    return list(
        db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
        )
    )


def codes() -> int:
    """How many codes were ever given."""
    return db.session.scalar(select(func.count()).select_from(AuthorizationCode)) or 0
