"""What the room adds to the application."""

from flask import Flask

from app import audit
from app.cli.setup import setup_step
from approvals.access_model import cli, loading


def install(app: Flask) -> None:
    audit.declare(app, loading.EVENTS)
    app.cli.add_command(cli.services)
    app.cli.add_command(cli.access)
    setup_step(app, "access model", loading.load_shipped)
