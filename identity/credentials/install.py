"""Parts that this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.after_restore import register_revived
from app.audit import declare
from app.retention import register_purge
from app.web.pages import register_pages
from identity import access_termination
from identity.credentials import hashing, registry, reset_links
from identity.credentials.actions import expired_enrolments
from identity.credentials.blueprint import blueprint
from identity.credentials.events import EVENTS
from identity.settings import settings


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purges to the application."""
    declare(app, EVENTS)
    with app.app_context():
        hashing.install(app, settings().password_hashes_at_once)
    register_pages(app, blueprint, "identity.credentials.reset_views", "identity.credentials.views")
    access_termination.register_channel(app, reset_links.supersede_links)
    register_revived(
        app, "links by mail", standing=reset_links.usable, end=reset_links.supersede_all
    )
    for factor in registry.FACTORS:
        factor.install(app)
    register_purge(app, "reset links", reset_links.expired_links)
    register_purge(app, "enrolments and shown codes", expired_enrolments)
