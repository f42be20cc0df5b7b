"""The application and the notes of the piece of work at hand: a request, a command, a job.

What Flask's `current_app` and `g` stand for, found in one step: programs' endpoints ask some thirty
times a request, and each proxy's look-up costs more than what is looked up.
"""

from __future__ import annotations

from typing import Any

# What `current_app` and `g` look into.
from flask.globals import _cv_app


def extension(key: str) -> Any:
    """What a room keeps in the application under that key.

    Raises LookupError outside every piece of work, and KeyError where nothing is kept.
    """
    return _cv_app.get().app.extensions[key]


def request_values() -> Any:
    """Flask's `g`: what is noted for this piece of work alone. Raises LookupError outside one."""
    return _cv_app.get().g
