"""Evidence: what happened, to whom, where, by whose hand. Rows are added and never changed."""

from app.audit.events import Event, declare, declared
from app.audit.models import AuditEvent
from app.audit.record import IncompleteEvent, UndeclaredEvent, audit_row, record

__all__ = [
    "AuditEvent",
    "Event",
    "IncompleteEvent",
    "UndeclaredEvent",
    "audit_row",
    "declare",
    "declared",
    "record",
]
