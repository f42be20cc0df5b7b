"""The organisation whose pages the present person is on, and the others that they approve for."""

from flask import g, request, url_for
from flask import session as form_session

from app.clock import now
from app.web.navigation import OtherPlace, Place
from approvals.memberships import queries
from approvals.operators.access import on_operators_page
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from identity.sessions import current
from identity.sessions.access import awaits_terms
from identity.sessions.step_up import needs_two_factors

_LAST_PLACE = "workspace"
MOST_IN_HEADER = 10
"""Organisations that the switch of the header lists. The page of the switch lists all."""

PAGES = {
    endpoint.partition(".")[2]: endpoint
    for endpoint in (
        "memberships.home",
        "memberships.users",
        "memberships.invitations",
        "memberships.add",
        "activity.activity",
    )
}
"""Pages that every organisation has, which the switch keeps. From others it leads to the home."""


def workspace() -> Organisation | None:
    """Return the organisation whose pages the navigation offers, or None on operators' pages.

    That is the one at hand; elsewhere the one whose pages this browser showed last, else the first
    by name.
    """
    if on_operators_page():
        return None
    if "workspace" not in g:
        mine, here = approved_organisations(), g.get("organisation")
        if here in mine and form_session.get(_LAST_PLACE) != here.public_id:
            form_session[_LAST_PLACE] = here.public_id
        last = next(
            (each for each in mine if each.public_id == form_session.get(_LAST_PLACE)), None
        )
        g.workspace = here if here in mine else last or next(iter(mine), None)
    found: Organisation | None = g.workspace
    return found


def approved_organisations() -> list[Organisation]:
    """Return the organisations that the present person approves for; none before the terms."""
    if "approved" not in g:
        session = current()
        signed_in = session is not None and not awaits_terms(session)
        g.approved = queries.approved_by(session.account_id) if session and signed_in else []
    found: list[Organisation] = g.approved
    return found


def landing() -> str | None:
    """Return the home of an organisation to which signing in leads an approver, or None.

    A session that began at a provider is led to an organisation that it opens, and one that began
    with one factor to none: it would be asked for a second factor at once.
    """
    session, last = current(), workspace()
    if session is None or last is None or needs_two_factors() is not None:
        return None
    found = last
    if session.organisations is not None:
        mine = approved_organisations()
        within = organisations_within(
            session.organisations, [each.public_id for each in mine], now()
        )
        opened = [each for each in mine if each.public_id in within]
        if not opened:
            return None
        found = last if last in opened else opened[0]
    return url_for("memberships.home", organisation=found.public_id)


def place() -> Place | None:
    """Return the organisation at hand, with the others that the present person approves for.

    Each link leads to the same page of the other organisation: the organisation stands in the
    address, so that several tabs never mix.
    """
    here = workspace()
    if here is None:
        return None
    others = [each for each in approved_organisations() if each != here]
    page = (request.endpoint or "").partition(".")[2]
    return Place(
        here.name,
        url_for("memberships.home", organisation=here.public_id),
        others=[OtherPlace(each.name, page_of(each, page)) for each in others[:MOST_IN_HEADER]],
        all_places=url_for("memberships.switch", page=page) if others else None,
    )


def page_of(organisation: Organisation, page: str) -> str:
    """Return the address of a page of the organisation, or of its home for a page of another."""
    return url_for(PAGES.get(page, "memberships.home"), organisation=organisation.public_id)
