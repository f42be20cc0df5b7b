"""Adds the room to the application."""

from flask import Flask

from approvals.remits import summaries
from approvals.remits.views import blueprint


def install(app: Flask) -> None:
    summaries.install(app)
    app.register_blueprint(blueprint)
