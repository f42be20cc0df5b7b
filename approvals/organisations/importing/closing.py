"""The extension point by which other rooms act when organisations close."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from app.composition import ExtensionPoint

WHEN_CLOSED = ExtensionPoint[Callable[[Session, Sequence[int]], None]]("closed organisations")
"""Functions that act, in the same transaction, when organisations close.

They get the session and the ids of the organisations.
"""


def end_closed(session: Session, closed: Sequence[int]) -> None:
    """Call the functions for organisations that have closed; inside `writing()`."""
    if closed:
        for act in WHEN_CLOSED.values():
            act(session, closed)
