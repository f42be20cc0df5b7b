"""Adds the database to the application."""

from flask import Flask

from app.database import connections, engine, unit_of_work
from app.settings import AppSettings


def install(app: Flask, settings: AppSettings) -> None:
    """Bind the application to its database. Opens no connection."""
    engine.bind(app, settings)
    with app.app_context():
        connections.install(app, engine.db.engine)
        unit_of_work.install(app, engine.db.engine)
