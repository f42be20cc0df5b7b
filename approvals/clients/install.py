"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from app.purge import purger
from approvals.clients import answers
from approvals.clients.cli import check_command
from approvals.clients.events import EVENTS
from approvals.clients.views import pages
from identity.oidc.clients.cli import clients_group


def install(app: Flask) -> None:
    declare(app, EVENTS)
    app.register_blueprint(pages)
    clients_group.add_command(check_command)
    purger(app, "answers to forms about clients", answers.purge)
