"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.account_joining import actions, events, views
from identity.credentials.take_back import TAKE_BACKS
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

ROOM = Room(
    "approvals.account_joining",
    EVENTS(*events.EVENTS),
    PAGES(Pages(views.pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Another account of yours",
            93,
            lambda _session: "Join two accounts into one",
            "account_joining.begin",
            "Join",
            "two accounts of yours",
        ),
    ),
    TAKE_BACKS(actions.TAKE_BACK),
)
