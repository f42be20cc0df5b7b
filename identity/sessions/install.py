"""Parts that this room adds to the application."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.after_restore import CAUSE, register_revived
from app.audit import declare
from app.clock import now
from app.retention import Expired, register_purge
from identity import access_termination
from identity.sessions import kept_posts, views
from identity.sessions.access import ask_to_sign_in
from identity.sessions.actions import end_sessions
from identity.sessions.current_session import SessionOver, current, note_activity
from identity.sessions.events import EVENTS
from identity.sessions.models import Session
from identity.sessions.queries import people_with_sessions


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purge to the application."""
    declare(app, EVENTS)
    app.register_blueprint(views.blueprint)
    app.after_request(note_activity)
    app.register_error_handler(SessionOver, lambda _error: ask_to_sign_in())
    app.jinja_env.globals["current_session"] = current
    access_termination.register_channel(app, end_sessions)
    register_purge(app, "sessions", _expired)
    register_purge(app, "kept posts", kept_posts.expired)
    register_revived(
        app,
        "sessions",
        standing=people_with_sessions,
        end=lambda: access_termination.end_access_of(people_with_sessions(), cause=CAUSE),
    )


def _expired() -> list[Expired]:
    # Tokens of a session may be looked up a while after its end; its row outlives it.
    return [Expired(Session, Session.absolute_end < now() - timedelta(days=1))]
