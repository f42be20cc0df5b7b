"""The application and the notes of the piece of work at hand: a request, a command, a job.

Context of the present work, in place of Flask's `current_app` and `g`: direct endpoints need it
some thirty times a request, and each look-up by a proxy costs ten times as much as this one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from flask import Flask
from flask.ctx import AppContext

_present: ContextVar[AppContext] = ContextVar("secure_access.context")
Value = TypeVar("Value")


class Context(AppContext):
    """Flask's application context, found by the functions of this module without a proxy."""

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


class PerApplication(Generic[Value]):
    """A value of which each application of a process has one: a cache, a counter, a thread pool.

    It is made when it is first used, by `make`, which may read settings.
    """

    def __init__(self, name: str, make: Callable[[], Value]) -> None:
        self._name = name
        self._make = make
        self._lock = Lock()

    def __call__(self) -> Value:
        """Return the present application's value. Raises LookupError outside a context."""
        return self.of(_present.get().app)

    def of(self, app: Flask) -> Value:
        """Return the application's value."""
        try:
            return cast(Value, app.extensions[self._name])
        except KeyError:
            pass
        with self._lock:
            if self._name not in app.extensions:
                app.extensions[self._name] = self._make()
            return cast(Value, app.extensions[self._name])

    def replace(self, app: Flask, value: Value) -> None:
        """Make this the application's value from now on."""
        app.extensions[self._name] = value

    def forget(self, app: Flask) -> None:
        """Drop the application's value; the next use makes it anew."""
        app.extensions.pop(self._name, None)


def present_application() -> Flask:
    """Return the application of the present context. Raises LookupError outside a context."""
    return _present.get().app


def request_values() -> Any:
    """Return Flask's `g`: notes of this piece of work alone. Raises LookupError outside one."""
    return _present.get().g
