"""Parts that this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.after_restore import register_revived
from app.audit import declare
from app.retention import register_purge
from app.web.pages import register_pages
from identity import access_termination
from identity.sign_in import devices, journeys, second_steps, throttle
from identity.sign_in.blueprint import blueprint
from identity.sign_in.devices import forget_devices
from identity.sign_in.events import EVENTS
from identity.sign_in.journeys import end_all, end_journeys, under_way


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purges to the application."""
    declare(app, EVENTS)
    register_pages(app, blueprint, "identity.sign_in.views", "identity.sign_in.terms_views")
    second_steps.register(app)
    access_termination.register_channel(app, end_journeys)
    access_termination.register_channel(app, forget_devices)
    register_revived(app, "sign-ins under way", standing=under_way, end=end_all)
    register_purge(app, "sign-in journeys", journeys.expired)
    register_purge(app, "known devices", devices.expired)
    register_purge(app, "attempt counters", throttle.expired)
