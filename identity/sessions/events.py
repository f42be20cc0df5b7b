"""Audit events of this room."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event(
        "session.ended", "{actor} ended a session: {cause}.", required={"subject", "sid", "cause"}
    ),
    Event("session.others_ended", "{actor} ended all other sessions.", required={"subject", "sid"}),
)
