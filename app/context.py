"""The application and the notes of the piece of work at hand: a request, a command, a job.

Context of the present work, in place of Flask's `current_app` and `g`: direct endpoints need it
some thirty times a request, and each look-up by a proxy costs ten times as much as this one.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

from flask import Flask
from flask.ctx import AppContext

_present: ContextVar[AppContext] = ContextVar("secure_access.context")


class Context(AppContext):
    """Flask's application context, which `extension` and `request_values` find without a proxy."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._tokens: list[Token[AppContext]] = []

    def push(self) -> None:
        """Bind the context to the present work."""
        super().push()
        self._tokens.append(_present.set(self))

    def pop(self, *error: BaseException | None) -> None:
        """End the context. Functions that Flask calls at its end still find it."""
        try:
            super().pop(*error)
        finally:
            _present.reset(self._tokens.pop())


def extension(key: str) -> Any:
    """Return what a room keeps in the application under that key.

    Raises LookupError outside every piece of work, and KeyError where nothing is kept.
    """
    return _present.get().app.extensions[key]


def request_values() -> Any:
    """Return Flask's `g`: notes of this piece of work alone. Raises LookupError outside one."""
    return _present.get().g
