"""Adds the room to the application."""

from flask import Flask

from approvals.remit_api.views import blueprint


def install(app: Flask) -> None:
    """Add the API to the application."""
    app.register_blueprint(blueprint)
