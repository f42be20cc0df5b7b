"""What this room adds to the application."""

from __future__ import annotations

from flask import Flask

from identity.information.views import blueprint


def install(app: Flask) -> None:
    app.register_blueprint(blueprint)
