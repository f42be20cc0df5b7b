"""How rooms become an application.

A room that collects things from other rooms (audit events, pages, rows to purge) declares an
`ExtensionPoint`. A room states in its `room.py` what it adds to which points; each floor lists its
rooms, lowest first, in `rooms.py`; `wsgi.py` composes them:

    ROOM = Room(
        "identity.sessions",
        EVENTS(*events.EVENTS),
        PURGES(Purge("sessions", expired)),
    )

A part may also be a function that receives the application, for settings of Flask itself. Nothing
registers itself on import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Flask

from app.context import PerApplication

Value = TypeVar("Value")
Part = Callable[[Flask], None]
"""One thing that a room adds to an application."""


class Room:
    """A package of a floor, by its name, and what it adds to an application, in this order."""

    def __init__(self, name: str, *parts: Part) -> None:
        self.name = name
        self.parts = parts


@dataclass(frozen=True)
class _Collected(Generic[Value]):
    values: list[Value]
    by_name: dict[str, Value]


class ExtensionPoint(Generic[Value]):
    """A list of values that rooms add to, in the order of the rooms.

    named: gives the name of a value, which only one value may have. added: acts on each value at
    the moment at which it is added.
    """

    def __init__(
        self,
        name: str,
        *,
        named: Callable[[Value], str] | None = None,
        added: Callable[[Flask, Value], object] | None = None,
    ) -> None:
        self._name = name
        self._named = named
        self._added = added
        self._collected = PerApplication(
            f"secure_access.{name}", lambda: _Collected[Value](values=[], by_name={})
        )

    def __call__(self, *values: Value) -> Part:
        """Return the part of a room that adds these values."""

        def add(app: Flask) -> None:
            for value in values:
                self.add(app, value)

        return add

    def add(self, app: Flask, value: Value) -> None:
        """Add a value to the application. Raises ValueError for a name that is taken."""
        collected = self._collected.of(app)
        if self._named is not None:
            name = self._named(value)
            if name in collected.by_name:
                raise ValueError(f"{self._name}: {name} is added twice")
            collected.by_name[name] = value
        collected.values.append(value)
        if self._added is not None:
            self._added(app, value)

    def values(self) -> Sequence[Value]:
        """Return what was added to the present application, in the order of adding."""
        return self._collected().values

    def by_name(self) -> Mapping[str, Value]:
        """Return what was added to the present application, by name."""
        return self._collected().by_name


def compose(app: Flask, rooms: Iterable[Room]) -> None:
    """Add the rooms to the application, in this order: a room after those that it builds on.

    Parts run inside the application's context and can read settings.
    """
    with app.app_context():
        for room in rooms:
            for part in room.parts:
                part(app)
