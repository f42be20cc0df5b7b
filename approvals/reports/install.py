"""What the room adds to the application."""

from flask import Flask

from approvals.reports import cli
from approvals.reports.views import pages


def install(app: Flask) -> None:
    app.cli.add_command(cli.report)
    app.register_blueprint(pages)
