"""Parts that this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.cli.setup import register_setup_step
from identity.information.facts import check_facts
from identity.information.views import blueprint


def install(app: Flask) -> None:
    """Add the room's pages and step of `setup` to the application."""
    app.register_blueprint(blueprint)
    register_setup_step(app, "facts for the privacy page", check_facts)
