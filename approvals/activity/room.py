"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.activity.views import pages

ROOM = Room("approvals.activity", PAGES(Pages(pages)))
