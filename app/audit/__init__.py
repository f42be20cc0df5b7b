"""Evidence: what happened, to whom, where, by whose hand. Rows are added and never changed."""

from app.audit.events import EVENTS, Event
from app.audit.models import AuditEvent
from app.audit.record import IncompleteEvent, UndeclaredEvent, audit_row, record

__all__ = [
    "EVENTS",
    "AuditEvent",
    "Event",
    "IncompleteEvent",
    "UndeclaredEvent",
    "audit_row",
    "record",
]
