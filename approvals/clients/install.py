"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from app.retention import register_purge
from approvals.clients import one_time_forms
from approvals.clients.events import EVENTS
from approvals.clients.views import pages


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purge to the application."""
    declare(app, EVENTS)
    app.register_blueprint(pages)
    register_purge(app, "answers to forms about clients", one_time_forms.expired)
