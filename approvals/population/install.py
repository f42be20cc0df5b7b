"""What the room adds to the application."""

from flask import Flask

from app import audit
from approvals.population import asp_2018, cli


def install(app: Flask) -> None:
    audit.declare(app, asp_2018.EVENTS)
    app.cli.add_command(cli.population)
