"""Parts that the room adds to an application."""

from __future__ import annotations

from datetime import timedelta

from app.after_restore import CAUSE, REVIVED, Revived
from app.audit import EVENTS
from app.clock import now
from app.composition import Room
from app.retention import PURGES, Expired, Purge
from app.web.pages import (
    AFTER_REQUEST,
    ERROR_HANDLERS,
    PAGES,
    TEMPLATE_NAMES,
    ErrorHandler,
    Pages,
    TemplateName,
)
from identity.access_termination import CHANNELS, end_access_of
from identity.sessions import (
    drafts,
    events,
    kept_posts,
    remembered_devices,
    token_renewal,
    views,
)
from identity.sessions.access import ask_to_sign_in
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.actions import end_sessions
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import (
    SessionOver,
    current,
    note_activity,
    write_renewed_token,
)
from identity.sessions.models import Session
from identity.sessions.queries import live_sessions, people_with_sessions
from identity.sessions.session_end import session_end


def _expired() -> list[Expired]:
    # Tokens of a session may be looked up a while after its end; its row outlives it.
    return [Expired(Session, Session.absolute_end < now() - timedelta(days=1))]


def _browsers(session: ActiveSession) -> str:
    number = len(live_sessions(session.account_id))
    return "1 browser" if number == 1 else f"{number} browsers"


ROOM = Room(
    "identity.sessions",
    EVENTS(*events.EVENTS),
    PAGES(Pages(views.blueprint)),
    ACCOUNT_ROWS(
        AccountRow(
            "Where you are signed in",
            50,
            _browsers,
            "sessions.sessions",
            "See",
            "where you are signed in",
        ),
    ),
    AFTER_REQUEST(note_activity, write_renewed_token, drafts.fill_in),
    ERROR_HANDLERS(ErrorHandler(SessionOver, lambda _error: ask_to_sign_in())),
    TEMPLATE_NAMES(
        TemplateName("current_session", current),
        TemplateName("session_end", session_end),
        TemplateName("present_draft", drafts.present_draft),
    ),
    CHANNELS(end_sessions, remembered_devices.forget_devices),
    PURGES(
        Purge("sessions", _expired),
        Purge("kept posts", kept_posts.expired),
        Purge("replaced session tokens", token_renewal.expired),
        Purge("remembered devices", remembered_devices.expired),
    ),
    REVIVED(
        Revived(
            "sessions",
            select_active=people_with_sessions,
            end=lambda: end_access_of(people_with_sessions(), cause=CAUSE),
        ),
        Revived(
            "remembered devices",
            select_active=remembered_devices.usable,
            end=remembered_devices.forget_all,
        ),
    ),
)
