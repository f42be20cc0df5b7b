"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from app.purge import purger
from approvals.clients import answers
from approvals.clients.events import EVENTS
from approvals.clients.views import pages


def install(app: Flask) -> None:
    declare(app, EVENTS)
    app.register_blueprint(pages)
    purger(app, "answers to forms about clients", answers.expired)
