"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.periodic import periodic_job
from app.web.pages import PAGES, Pages
from app.worker import JOBS
from approvals.account_joining import actions, events, views
from identity.credentials.take_back import TAKE_BACKS
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

_EVERY_HOUR = 3600.0

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
    JOBS(periodic_job("undecided joinings", _EVERY_HOUR, actions.end_undecided)),
)
