"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.federation.views import pages

ROOM = Room("approvals.federation", PAGES(Pages(pages)))
