"""Parts that the room adds to an application."""

from flask import Blueprint

from app.audit import EVENTS
from app.composition import Room
from app.periodic import periodic_job
from app.web.pages import PAGES, Pages
from app.worker import JOBS
from approvals.access_requests import approver_views, events, notices, views
from approvals.access_requests.home_card import waiting_requests
from approvals.access_requests.queries import count_own_waiting
from approvals.memberships.home_cards import HOME_CARDS
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession


def _blueprint() -> Blueprint:
    pages = Blueprint("access_requests", __name__)
    for module in (views, approver_views):
        module.add_to(pages)
    return pages


def _own_requests(session: ActiveSession) -> str:
    waiting = count_own_waiting(session.account)
    return f"{waiting} waiting for a decision" if waiting else "None waiting for a decision"


ROOM = Room(
    "approvals.access_requests",
    EVENTS(*events.EVENTS),
    PAGES(Pages(_blueprint())),
    ACCOUNT_ROWS(
        AccountRow(
            "Your requests for access",
            82,
            _own_requests,
            "access_requests.own",
            "See",
            "your requests for access",
        ),
    ),
    HOME_CARDS(waiting_requests),
    JOBS(periodic_job("requests for access", notices.EVERY, notices.work)),
)
