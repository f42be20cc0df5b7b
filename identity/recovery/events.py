"""Audit events of this room."""

from app.audit import Event

EVENTS = (
    Event(
        "second_step.replaced",
        "{subject} set up a new second step by the link of a reset; all sessions were ended.",
        required={"subject"},
    ),
)
