"""Parts that the room adds to the application."""

from flask import Flask

from app.audit import Event, declare
from approvals.reports.views import pages

EVENTS = (
    Event(
        "report.exported",
        "{actor} downloaded the counts of user groups of {service}.",
        {"service", "as_of", "file"},
    ),
)


def install(app: Flask) -> None:
    """Add the room's audit events and pages to the application."""
    declare(app, EVENTS)
    app.register_blueprint(pages)
