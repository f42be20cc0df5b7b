"""Adds the room to the application."""

from flask import Flask

from approvals.activity.views import pages


def install(app: Flask) -> None:
    """Add the room's pages to the application."""
    app.register_blueprint(pages)
