"""Adds the room to the application."""

from flask import Flask, url_for

from app.web import navigation
from approvals.home.views import pages
from identity.sessions import current


def install(app: Flask) -> None:
    """Add the room's pages and navigation to the application."""
    app.register_blueprint(pages)
    navigation.add_entry(app, navigation.Entry("My services", _home, order=10))


def _home() -> str | None:
    session = current()
    return url_for("home.home") if session and not session.awaiting_terms else None
