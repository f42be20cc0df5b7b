"""Parts that the room adds to an application."""

from flask import url_for

from app.clock import now
from app.composition import Room
from app.web.navigation import NAVIGATION, Entry
from app.web.pages import PAGES, Pages
from approvals.home import queries
from approvals.home.views import pages
from identity.sessions import current
from identity.sessions.access import awaits_terms
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession


def _home() -> str | None:
    session = current()
    return url_for("home.home") if session and not awaits_terms(session) else None


def _services(session: ActiveSession) -> str:
    services = queries.my_services(session.account, now())
    return ", ".join(service.name for service in services if service.open) or "None yet"


ROOM = Room(
    "approvals.home",
    PAGES(Pages(pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Services that you can open",
            80,
            _services,
            "home.home",
            "See",
            "your services and what you can see there",
        ),
    ),
    NAVIGATION(Entry("My services", _home, order=10)),
)
