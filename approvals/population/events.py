"""Audit events of the room."""

from app.audit import Event

EVENTS = [
    Event(
        "population.made",
        "{actor} made {people} people up.",
        required={"people", "service", "after"},
    )
]
