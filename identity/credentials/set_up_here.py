"""A lasting second step that was set up in a session: its browser has just used it."""

from __future__ import annotations

from collections.abc import Callable

from app.composition import ExtensionPoint
from identity.sessions.active_session import ActiveSession

WHEN_SET_UP = ExtensionPoint[Callable[[ActiveSession, str], None]](
    "acts when a second step is set up in a session"
)
"""Functions of the session and the name of the factor, which run inside `writing()`."""


def announce_set_up(session: ActiveSession, factor: str) -> None:
    """Call the acts of other rooms. Must run inside `writing()`."""
    for act in WHEN_SET_UP.values():
        act(session, factor)
