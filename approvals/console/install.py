"""Adds the room to the application."""

from flask import Flask, g, url_for

from app.audit import declare
from app.web import navigation
from approvals.console import events
from approvals.console.views import pages
from approvals.operators.actions import is_operator
from identity.sessions import current


def install(app: Flask) -> None:
    """Add the room's audit events, pages and navigation to the application."""
    declare(app, events.EVENTS)
    app.register_blueprint(pages)
    navigation.add_entry(app, navigation.Entry("Operators", _console, order=60))


def _console() -> str | None:
    session = current()
    if session is None or session.awaiting_terms:
        return None
    if "operator" not in g:
        g.operator = is_operator(session.account_id)
    return url_for("console.home") if g.operator else None
