"""Record events with their actor, person and organisation, as evidence.

Rows are added and never changed, but for the personal text of people who have been erased.
"""

from app.audit.events import EVENTS, Event
from app.audit.look_ups import record_look_up
from app.audit.models import AuditEvent, AuditPseudonym
from app.audit.pseudonyms import replace_personal_text
from app.audit.record import IncompleteEvent, UndeclaredEvent, audit_row, record

__all__ = [
    "EVENTS",
    "AuditEvent",
    "AuditPseudonym",
    "Event",
    "IncompleteEvent",
    "UndeclaredEvent",
    "audit_row",
    "record",
    "record_look_up",
    "replace_personal_text",
]
