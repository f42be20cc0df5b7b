"""Parts that the room adds to an application."""

from flask import url_for

from app.composition import Room
from app.periodic import periodic_job
from app.retention import PURGES, Purge
from app.serving.password_paths import PASSWORD_PATHS
from app.web.navigation import NAVIGATION, Entry
from app.web.pages import PAGES, Pages
from app.worker import JOBS
from identity.joining import journeys, lapsing
from identity.joining.blueprint import blueprint
from identity.sessions.access import awaits_terms
from identity.sessions.current_session import current


def _account_page() -> str | None:
    session = current()
    return url_for("accounts.account") if session and not awaits_terms(session) else None


def _sign_out_page() -> str | None:
    return url_for("sessions.sign_out") if current() is not None else None


ROOM = Room(
    "identity.joining",
    PAGES(
        Pages(
            blueprint,
            "identity.joining.views",
            "identity.joining.done_views",
            "identity.joining.registration_views",
            "identity.joining.account_page",
        )
    ),
    PASSWORD_PATHS("/join/password"),
    PURGES(Purge("join journeys", journeys.expired)),
    JOBS(periodic_job("lapsed invitations", lapsing.EVERY, lapsing.end_lapsed)),
    NAVIGATION(
        Entry("Your account", _account_page, order=80),
        Entry("Sign out", _sign_out_page, order=90),
    ),
)
