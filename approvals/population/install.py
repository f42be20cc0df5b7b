"""What the room adds to the application."""

from flask import Flask

from app import audit
from approvals.population import events


def install(app: Flask) -> None:
    audit.declare(app, events.EVENTS)
