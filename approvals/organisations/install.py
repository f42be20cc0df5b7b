"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from approvals.organisations.cli import organisations_cli, register_cli
from approvals.organisations.events import EVENTS


def install(app: Flask) -> None:
    declare(app, EVENTS)
    app.cli.add_command(register_cli)
    app.cli.add_command(organisations_cli)
