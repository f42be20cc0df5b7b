"""Parts that the room adds to the application."""

from flask import Flask

from app import audit
from app.cli.setup import register_setup_step
from approvals.terms import actions, defaults, views


def install(app: Flask) -> None:
    """Add the room's audit events, pages and step of `setup` to the application."""
    audit.declare(app, actions.EVENTS)
    app.register_blueprint(views.pages)
    # After the access model's step: a service's terms need the service.
    register_setup_step(app, "terms of use", defaults.publish_first)
