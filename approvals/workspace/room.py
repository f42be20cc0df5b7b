"""Parts that the room adds to an application."""

from collections.abc import Callable

from flask import url_for

from app.clock import now
from app.composition import Room
from app.web.help import HELP_TOPICS
from app.web.navigation import NAVIGATION, PLACES, Entry
from app.web.pages import PAGES, TEMPLATE_NAMES, Pages, TemplateName
from approvals.access_model.definition import join_phrases
from approvals.access_requests.home_card import number_in_navigation
from approvals.memberships import wording
from approvals.workspace import views
from approvals.workspace.help_topics import TOPICS
from approvals.workspace.present import place, workspace
from approvals.workspace.schools import has_schools


def _page(endpoint: str) -> Callable[[], str | None]:
    def address() -> str | None:
        organisation = workspace()
        return url_for(endpoint, organisation=organisation.public_id) if organisation else None

    return address


def _schools() -> str | None:
    organisation = workspace()
    if organisation is None or not has_schools(organisation):
        return None
    return url_for("memberships.schools", organisation=organisation.public_id)


def _waiting_requests() -> int:
    organisation = workspace()
    return number_in_navigation(organisation, now()) if organisation else 0


ROOM = Room(
    "approvals.workspace",
    PAGES(Pages(views.blueprint())),
    TEMPLATE_NAMES(
        TemplateName("last_day", wording.last_day), TemplateName("together", join_phrases)
    ),
    NAVIGATION(
        Entry("Home", _page("memberships.home"), 20),
        Entry("Users", _page("memberships.users"), 21),
        Entry("Requests", _page("access_requests.of_organisation"), 22, _waiting_requests),
        Entry("Invitations", _page("memberships.invitations"), 23),
        Entry("Activity", _page("activity.activity"), 24),
        Entry("Schools", _schools, 25),
    ),
    PLACES(place),
    HELP_TOPICS(*TOPICS),
)
