"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from app.cli.setup import register_setup_step
from approvals.organisations.events import EVENTS
from approvals.organisations.importing.renewal import renew_register


def install(app: Flask) -> None:
    """Add the room's audit events and its step of `setup` to the application."""
    declare(app, EVENTS)
    register_setup_step(app, "register", renew_register)
