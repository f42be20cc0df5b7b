"""Adds the room to the application."""

from flask import Flask

from approvals.activity.views import pages


def install(app: Flask) -> None:
    app.register_blueprint(pages)
