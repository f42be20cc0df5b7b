"""What this room adds to the application."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.audit import declare
from app.clock import now
from app.purge import Expired, purger
from app.restored import CAUSE, revived
from identity.sessions import ending, kept_posts, views
from identity.sessions.access import ask_to_sign_in
from identity.sessions.actions import end_sessions, standing
from identity.sessions.events import EVENTS
from identity.sessions.lookup import SessionOver, current, note_activity
from identity.sessions.models import Session


def install(app: Flask) -> None:
    declare(app, EVENTS)
    app.register_blueprint(views.blueprint)
    app.after_request(note_activity)
    app.register_error_handler(SessionOver, lambda _error: ask_to_sign_in())
    app.jinja_env.globals["current_session"] = current
    ending.register(app, end_sessions)
    purger(app, "sessions", _expired)
    purger(app, "kept posts", kept_posts.expired)
    revived(
        app,
        "sessions",
        standing=standing,
        end=lambda: ending.end_access_of(standing(), cause=CAUSE),
    )


def _expired() -> list[Expired]:
    # What came from a session may be asked about a while after its end; its row outlives it.
    return [Expired(Session, Session.absolute_end < now() - timedelta(days=1))]
