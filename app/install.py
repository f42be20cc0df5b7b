"""Puts the floor together."""

from flask import Flask
from flask_migrate import Migrate

from app import database, logs, restored
from app.cli import install as cli
from app.health import views as health
from app.outbox import delivery
from app.settings import AppSettings
from app.web import install as web


def install(app: Flask, settings: AppSettings) -> None:
    logs.configure()
    app.extensions["secure_access.settings"] = settings
    database.install(app, settings)
    Migrate(app, database.db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    web.install(app, settings)
    health.install(app)
    restored.install(app)
    delivery.install(app)
    cli.install(app)
