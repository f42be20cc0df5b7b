"""Puts the floor together."""

from flask import Flask

from app import after_restore, database, logs
from app.health import views as health
from app.health.checks import add_detail
from app.outbox import delivery
from app.settings import AppSettings
from app.web import install as web


def install(app: Flask, settings: AppSettings) -> None:
    """Add everything of this floor to the application."""
    logs.configure()
    app.extensions["secure_access.settings"] = settings
    database.install(app, settings)
    web.install(app, settings)
    health.install(app)
    after_restore.install(app)
    delivery.install(app)
    # Health is above the outbox, so the floor connects the two.
    add_detail(app, "mails", delivery.failed_recently)
