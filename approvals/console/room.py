"""Parts that the room adds to an application."""

from flask import g, url_for

from app.audit import EVENTS
from app.composition import Room
from app.web.navigation import NAVIGATION, Entry
from app.web.pages import PAGES, Pages
from approvals.console import events
from approvals.console.views import pages
from approvals.operators.actions import is_operator
from identity.sessions import current
from identity.sessions.access import awaits_terms


def _console() -> str | None:
    session = current()
    if session is None or awaits_terms(session):
        return None
    if "operator" not in g:
        g.operator = is_operator(session.account_id)
    return url_for("console.home") if g.operator else None


ROOM = Room(
    "approvals.console",
    EVENTS(*events.EVENTS),
    PAGES(Pages(pages)),
    NAVIGATION(Entry("Operators", _console, order=60)),
)
