"""The hook by which other rooms act when organisations close."""

from collections.abc import Callable, Sequence

from flask import Flask, current_app
from sqlalchemy.orm import Session

_KEY = "secure_access.organisations_closed"

WhenClosed = Callable[[Session, Sequence[int]], None]


def when_closed(app: Flask, listener: WhenClosed) -> None:
    """Register what happens, in the same transaction, when organisations close.

    The listener is called with the session and the ids of the organisations.
    """
    app.extensions.setdefault(_KEY, []).append(listener)


def end_closed(session: Session, closed: Sequence[int]) -> None:
    """Call the listeners for organisations that have closed; inside `writing()`."""
    if closed:
        for listener in current_app.extensions.get(_KEY, ()):
            listener(session, closed)
