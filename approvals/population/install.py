"""Parts that the room adds to the application."""

from flask import Flask

from app import audit
from approvals.population import events


def install(app: Flask) -> None:
    """Add the room's audit events to the application."""
    audit.declare(app, events.EVENTS)
