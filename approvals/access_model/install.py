"""Parts that the room adds to the application."""

from flask import Flask

from app import audit
from app.cli.setup import register_setup_step
from approvals.access_model import loading


def install(app: Flask) -> None:
    """Add the room's audit events and its step of `setup` to the application."""
    audit.declare(app, loading.EVENTS)
    register_setup_step(app, "access model", loading.load_shipped)
