"""What this room writes to the audit."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event(
        "session.ended", "{actor} ended a session: {cause}.", required={"subject", "sid", "cause"}
    ),
    Event("session.others_ended", "{actor} ended all other sessions.", required={"subject", "sid"}),
)
