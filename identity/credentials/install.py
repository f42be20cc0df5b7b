"""What this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.audit import declare
from app.purge import purger
from app.restored import revived
from identity.credentials import hashing, reset_links, totp
from identity.credentials.blueprint import blueprint
from identity.credentials.changes import expired_enrolments
from identity.credentials.events import EVENTS
from identity.pages import register_pages
from identity.sessions import ending
from identity.settings import settings


def install(app: Flask) -> None:
    declare(app, EVENTS)
    with app.app_context():
        hashing.install(app, settings().password_hashes_at_once)
    register_pages(app, blueprint, "identity.credentials.reset_views", "identity.credentials.views")
    ending.register(app, reset_links.supersede_links)
    revived(app, "links by mail", standing=reset_links.usable, end=reset_links.supersede_all)
    revived(
        app,
        "present codes of authenticator apps",
        standing=totp.acceptable_now,
        end=totp.use_up_present_steps,
    )
    purger(app, "reset links", reset_links.expired_links)
    purger(app, "used steps of authenticator apps", totp.expired_steps)
    purger(app, "enrolments and shown codes", expired_enrolments)
