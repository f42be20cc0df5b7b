"""Audit events of this room."""

from app.audit import Event

EVENTS = (
    Event(
        "client.checked",
        "{actor} looked at what {client_name} would be told of {subject}.",
        {"client", "subject"},
    ),
)
