"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.own_data import actions, views
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

ROOM = Room(
    "approvals.own_data",
    EVENTS(*actions.EVENTS),
    PAGES(Pages(views.pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Your data",
            90,
            lambda _session: "Everything that we store about you",
            "own_data.own_data",
            "Read or download",
            "the data that we store about you",
        ),
    ),
)
