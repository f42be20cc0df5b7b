"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.activity.views import pages
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

ROOM = Room(
    "approvals.activity",
    PAGES(Pages(pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Activity",
            60,
            lambda _session: "Sign-ins, and changes of your account",
            "activity.own_activity",
            "See",
            "the activity of your account",
        ),
    ),
)
