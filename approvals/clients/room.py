"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.web.pages import PAGES, Pages
from approvals.clients import events, one_time_forms
from approvals.clients.views import pages

ROOM = Room(
    "approvals.clients",
    EVENTS(*events.EVENTS),
    PAGES(Pages(pages)),
    PURGES(Purge("answers to forms about clients", one_time_forms.expired)),
)
