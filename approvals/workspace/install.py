"""Adds the room to the application."""

from collections.abc import Callable

from flask import Flask, g, url_for
from flask import session as form_session

from app.web import navigation
from approvals.access_model.definition import join_phrases
from approvals.memberships import queries, wording
from approvals.organisations.models import Organisation
from approvals.workspace import views
from identity.sessions import current

_LAST_PLACE = "workspace"


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purge to the application."""
    app.register_blueprint(views.blueprint())
    app.jinja_env.filters["last_day"] = wording.last_day
    app.jinja_env.globals["together"] = join_phrases
    pages = (
        ("memberships.home", "Overview", 20),
        ("memberships.users", "Users", 21),
        ("memberships.invitations", "Invitations", 22),
        ("activity.activity", "Activity", 23),
    )
    for endpoint, text, order in pages:
        navigation.add_entry(app, navigation.Entry(text, _page(endpoint), order))
    navigation.add_entry(app, navigation.Entry("Change organisation", _switch, 24))
    navigation.set_place(app, _place)


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
        signed_in = session is not None and not session.awaiting_terms
        g.approved = queries.approved_by(session.account_id) if session and signed_in else []
    found: list[Organisation] = g.approved
    return found
