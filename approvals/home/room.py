"""Parts that the room adds to an application."""

from flask import url_for

from app.composition import Room
from app.web.navigation import NAVIGATION, Entry
from app.web.pages import PAGES, Pages
from approvals.home.views import pages
from identity.sessions import current


def _home() -> str | None:
    session = current()
    return url_for("home.home") if session and not session.awaiting_terms else None


ROOM = Room(
    "approvals.home",
    PAGES(Pages(pages)),
    NAVIGATION(Entry("My services", _home, order=10)),
)
