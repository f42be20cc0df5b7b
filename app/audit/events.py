"""Kinds of event. Each room lists its own; one that is not listed cannot be written."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.composition import ExtensionPoint


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


EVENTS = ExtensionPoint[Event]("audit events", named=lambda event: event.name)
"""Every kind of event. An event of another kind cannot be written."""
