"""What this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.audit import declare
from app.purge import purger
from app.restored import revived
from identity.pages import register_pages
from identity.sessions import ending
from identity.sign_in import devices, journeys, throttle
from identity.sign_in.blueprint import blueprint
from identity.sign_in.devices import forget_devices
from identity.sign_in.events import EVENTS
from identity.sign_in.journeys import end_all, end_journeys, under_way


def install(app: Flask) -> None:
    declare(app, EVENTS)
    register_pages(app, blueprint, "identity.sign_in.views", "identity.sign_in.terms_views")
    ending.register(app, end_journeys)
    ending.register(app, forget_devices)
    revived(app, "sign-ins under way", standing=under_way, end=end_all)
    purger(app, "sign-in journeys", journeys.expired)
    purger(app, "known devices", devices.expired)
    purger(app, "attempt counters", throttle.expired)
