"""Expired rows go. Each room says which of its rows have had their day."""

from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app.database import writing

Purger = Callable[[Session], int]
_KEY = "secure_access.purgers"


def purger(app: Flask, name: str, purge: Purger) -> None:
    """Registers a function that deletes what has expired and returns how many rows went."""
    purgers: dict[str, Purger] = app.extensions.setdefault(_KEY, {})
    purgers[name] = purge


def purge_expired() -> dict[str, int]:
    """Runs every purger in a transaction of its own. Returns the rows deleted, by name."""
    deleted: dict[str, int] = {}
    purgers: dict[str, Purger] = current_app.extensions.get(_KEY, {})
    for name, purge in purgers.items():
        with writing() as session:
            deleted[name] = purge(session)
    return deleted
