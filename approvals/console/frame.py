"""The frame of the operators' pages: a place of its own, in another tint than an organisation's."""

from collections.abc import Callable

from flask import g, url_for

from app.web.navigation import Entry, OtherPlace, Place
from approvals.operators.access import on_operators_page
from approvals.operators.actions import is_operator
from approvals.workspace.present import MOST_IN_HEADER, approved_organisations
from identity.sessions import current
from identity.sessions.access import awaits_terms

_DAILY = {
    "Organisations": "console.organisations",
    "People": "console.people",
    "Requests for access": "console.requests",
    "Clients": "clients.clients",
    "Audit": "console.audit",
}
"""Endpoints of the pages that the navigation names; the start page lists all."""


def operators_place() -> Place | None:
    """Return the operators' place on their pages, with the organisations of their own."""
    if not on_operators_page():
        return None
    mine = approved_organisations()
    return Place(
        "Operators",
        url_for("console.home"),
        others=[
            OtherPlace(each.name, url_for("memberships.home", organisation=each.public_id))
            for each in mine[:MOST_IN_HEADER]
        ],
        all_places=url_for("memberships.switch") if mine else None,
        tint="operators",
    )


def entries() -> list[Entry]:
    """Return the entry that leads an operator to the operators' pages, and those within them."""
    within = [
        Entry(text, _page(endpoint), order=50 + place)
        for place, (text, endpoint) in enumerate(_DAILY.items())
    ]
    return [*within, Entry("Operators", _way_in, order=60)]


def _way_in() -> str | None:
    session = current()
    if session is None or awaits_terms(session) or on_operators_page():
        return None
    if "operator" not in g:
        g.operator = is_operator(session.account_id)
    return url_for("console.home") if g.operator else None


def _page(endpoint: str) -> Callable[[], str | None]:
    return lambda: url_for(endpoint) if on_operators_page() else None
