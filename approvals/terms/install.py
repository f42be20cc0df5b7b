"""What the room adds to the application."""

from flask import Flask

from app import audit
from app.cli.setup import setup_step
from approvals.terms import actions, shipped, views


def install(app: Flask) -> None:
    audit.declare(app, actions.EVENTS)
    app.register_blueprint(views.pages)
    # After the access model's step: a service's terms need the service.
    setup_step(app, "terms of use", shipped.publish_first)
