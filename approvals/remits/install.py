"""Adds the room to the application."""

from flask import Flask

from approvals.remits import summaries


def install(app: Flask) -> None:
    """Add the room's API and cache to the application."""
    summaries.install(app)
