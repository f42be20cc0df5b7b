"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.errors import JSON_PATHS
from app.web.pages import PAGES, Pages
from approvals.remit_api.views import blueprint

ROOM = Room("approvals.remit_api", PAGES(Pages(blueprint)), JSON_PATHS("/api/"))
