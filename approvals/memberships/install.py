"""Adds the room to the application."""

from collections.abc import Callable

from flask import Flask, g, url_for

from app.audit import declare
from app.purge import purger
from app.web import navigation
from approvals.access_model.definition import together
from approvals.memberships import events, journeys, queries, views, wording
from approvals.memberships.actions.end_closed import end_access_through
from approvals.memberships.cli import approvers_cli
from approvals.organisations.importing import when_closed
from approvals.organisations.models import Organisation
from identity.sessions import current


def install(app: Flask) -> None:
    declare(app, events.EVENTS)
    app.register_blueprint(views.blueprint())
    app.cli.add_command(approvers_cli)
    purger(app, "membership journeys", journeys.purge)
    when_closed(app, end_access_through)
    app.jinja_env.filters["last_day"] = wording.last_day
    app.jinja_env.globals["together"] = together
    pages = (
        ("memberships.home", "Overview", 20),
        ("memberships.users", "Users", 21),
        ("memberships.invitations", "Invitations", 22),
        ("activity.activity", "Activity", 23),
    )
    for endpoint, text, order in pages:
        navigation.add(app, navigation.Entry(text, _page(endpoint), order))


def _page(endpoint: str) -> Callable[[], str | None]:
    def address() -> str | None:
        organisation = _workspace()
        return url_for(endpoint, organisation=organisation.public_id) if organisation else None

    return address


def _workspace() -> Organisation | None:
    """The organisation whose pages the navigation offers: the one at hand, else the only one."""
    if "workspace" not in g:
        session = current()
        mine = queries.approved_by(session.account_id) if session else []
        here = g.get("organisation")
        only = mine[0] if len(mine) == 1 else None
        g.workspace = here if here in mine else only
    found: Organisation | None = g.workspace
    return found
