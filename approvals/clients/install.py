"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from approvals.clients.events import EVENTS
from approvals.clients.views import pages


def install(app: Flask) -> None:
    declare(app, EVENTS)
    app.register_blueprint(pages)
