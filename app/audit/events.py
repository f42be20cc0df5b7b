"""Kinds of event. Each room lists its own; one that is not listed cannot be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Flask

from app.context import extension

_KEY = "secure_access.events"


@dataclass(frozen=True)
class Event:
    """One kind of event.

    `sentence` ends with a full stop and is shown to approvers; it may name {actor}, {subject},
    {organisation}, {service} and fields of the event's detail. `required` lists the columns that
    such a row must fill.
    """

    name: str
    sentence: str
    required: frozenset[str] = frozenset()

    def __init__(self, name: str, sentence: str, required: Iterable[str] = ()) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "sentence", sentence)
        object.__setattr__(self, "required", frozenset(required))


def declare(app: Flask, events: Iterable[Event]) -> None:
    """Add a room's kinds of event. Raises ValueError for a name that is taken."""
    known: dict[str, Event] = app.extensions.setdefault(_KEY, {})
    for event in events:
        if event.name in known:
            raise ValueError(f"the event {event.name} is declared twice")
        known[event.name] = event


def declared() -> Mapping[str, Event]:
    """Return all kinds of event, by name."""
    events: dict[str, Event] = extension(_KEY)
    return events
