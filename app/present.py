"""The application and the notes of the piece of work at hand: a request, a command, a job.

What Flask's `current_app` and `g` stand for, found in one step: programs' endpoints ask some thirty
times a request, and each proxy's look-up costs more than what is looked up.
"""

from __future__ import annotations

from typing import Any

from flask.ctx import AppContext
from flask.globals import app_ctx

_context: Any = app_ctx._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001  # a public method, whatever its name


def context() -> AppContext:
    """Raises RuntimeError outside every piece of work."""
    found: AppContext = _context()
    return found


def part(key: str) -> Any:
    """What a room keeps in the application under that key. Raises KeyError."""
    return _context().app.extensions[key]


def notes() -> Any:
    """Flask's `g`: what is noted for this piece of work alone."""
    return _context().g
