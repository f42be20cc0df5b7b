"""Puts the floor together."""

from flask import Flask

from app import database, logs, restored
from app.health import views as health
from app.outbox import delivery
from app.settings import AppSettings
from app.web import install as web


def install(app: Flask, settings: AppSettings) -> None:
    logs.configure()
    app.extensions["secure_access.settings"] = settings
    database.install(app, settings)
    web.install(app, settings)
    health.install(app)
    restored.install(app)
    delivery.install(app)
