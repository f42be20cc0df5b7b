"""Parts that the room adds to an application."""

from app.audit import EVENTS, Event
from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.reports.views import pages

ROOM = Room(
    "approvals.reports",
    EVENTS(
        Event(
            "report.exported",
            "{actor} downloaded the counts of user groups of {service}.",
            {"service", "as_of", "file"},
        )
    ),
    PAGES(Pages(pages)),
)
