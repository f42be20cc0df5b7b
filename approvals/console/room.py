"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.web.navigation import NAVIGATION, PLACES
from app.web.pages import PAGES, Pages
from approvals.console import events
from approvals.console.frame import entries, operators_place
from approvals.console.views import pages

ROOM = Room(
    "approvals.console",
    EVENTS(*events.EVENTS),
    PAGES(Pages(pages)),
    NAVIGATION(*entries()),
    PLACES(operators_place),
)
