"""Adds the room to the application."""

from flask import Flask

from app.audit import declare
from app.retention import register_purge
from approvals.memberships import events, journeys
from approvals.memberships.actions.end_closed import end_access_through
from approvals.organisations.importing import when_closed


def install(app: Flask) -> None:
    """Add audit events, purge and the end of access in closed organisations."""
    declare(app, events.EVENTS)
    register_purge(app, "membership journeys", journeys.expired)
    when_closed(app, end_access_through)
