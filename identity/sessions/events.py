"""Audit events of this room."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event(
        "device.remembered",
        "{actor} chose to sign in without a code on a device.",
        required={"subject", "network"},
    ),
    Event(
        "device.copy_refused",
        "A replaced cookie of a remembered device of {subject} was refused.",
        required={"subject", "network"},
    ),
    Event(
        "device.forgotten",
        "{actor} ended the remembering of a device.",
        required={"subject"},
    ),
    Event(
        "session.ended", "{actor} ended a session: {cause}.", required={"subject", "sid", "cause"}
    ),
    Event("session.others_ended", "{actor} ended all other sessions.", required={"subject", "sid"}),
)
