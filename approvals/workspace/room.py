"""Parts that the room adds to an application."""

from collections.abc import Callable

from flask import g, url_for
from flask import session as form_session

from app.composition import Room
from app.web.navigation import NAVIGATION, PLACES, Entry
from app.web.pages import PAGES, TEMPLATE_NAMES, Pages, TemplateName
from approvals.access_model.definition import join_phrases
from approvals.memberships import queries, wording
from approvals.organisations.models import Organisation
from approvals.workspace import views
from identity.sessions import current
from identity.sessions.access import awaits_terms

_LAST_PLACE = "workspace"


def _page(endpoint: str) -> Callable[[], str | None]:
    def address() -> str | None:
        organisation = _workspace()
        return url_for(endpoint, organisation=organisation.public_id) if organisation else None

    return address


def _place() -> tuple[str, str] | None:
    organisation = _workspace()
    if organisation is None:
        return None
    return organisation.name, url_for("memberships.home", organisation=organisation.public_id)


def _switch() -> str | None:
    if _workspace() is None or len(_approved_organisations()) == 1:
        return None
    return url_for("home.home", _anchor="organisations")


def _workspace() -> Organisation | None:
    """Return the organisation whose pages the navigation offers.

    That is the one at hand; elsewhere the one whose pages this browser showed last, else the first
    by name.
    """
    if "workspace" not in g:
        mine, here = _approved_organisations(), g.get("organisation")
        if here in mine and form_session.get(_LAST_PLACE) != here.public_id:
            form_session[_LAST_PLACE] = here.public_id
        last = next(
            (each for each in mine if each.public_id == form_session.get(_LAST_PLACE)), None
        )
        g.workspace = last or next(iter(mine), None)
    found: Organisation | None = g.workspace
    return found


def _approved_organisations() -> list[Organisation]:
    """Return the organisations that the present person approves for; none before the terms."""
    if "approved" not in g:
        session = current()
        signed_in = session is not None and not awaits_terms(session)
        g.approved = queries.approved_by(session.account_id) if session and signed_in else []
    found: list[Organisation] = g.approved
    return found


ROOM = Room(
    "approvals.workspace",
    PAGES(Pages(views.blueprint())),
    TEMPLATE_NAMES(
        TemplateName("last_day", wording.last_day), TemplateName("together", join_phrases)
    ),
    NAVIGATION(
        Entry("Overview", _page("memberships.home"), 20),
        Entry("Users", _page("memberships.users"), 21),
        Entry("Invitations", _page("memberships.invitations"), 22),
        Entry("Activity", _page("activity.activity"), 23),
        Entry("Change organisation", _switch, 24),
    ),
    PLACES(_place),
)
