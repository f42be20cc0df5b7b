"""The application and the notes of the piece of work at hand: a request, a command, a job.

Context of the present work, in place of Flask's `current_app` and `g`: direct endpoints need it
some thirty times a request, and each proxy's look-up costs more than the value.
"""

from __future__ import annotations

from typing import Any

# The variable behind `current_app` and `g`.
from flask.globals import _cv_app


def extension(key: str) -> Any:
    """Return what a room keeps in the application under that key.

    Raises LookupError outside every piece of work, and KeyError where nothing is kept.
    """
    return _cv_app.get().app.extensions[key]


def request_values() -> Any:
    """Return Flask's `g`: notes of this piece of work alone. Raises LookupError outside one."""
    return _cv_app.get().g
