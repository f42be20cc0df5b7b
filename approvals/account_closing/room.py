"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.periodic import periodic_job
from app.web.pages import PAGES, Pages
from app.worker import JOBS
from approvals.account_closing import actions, events, never_joined, own_request, views
from identity.credentials.take_back import TAKE_BACKS
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

_EVERY_HOUR, _EVERY_MINUTE = 3600.0, 60.0

ROOM = Room(
    "approvals.account_closing",
    EVENTS(*events.EVENTS),
    PAGES(Pages(views.pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Close your account",
            95,
            views.summary,
            "account_closing.close",
            "Close",
            "your account",
        ),
    ),
    TAKE_BACKS(own_request.TAKE_BACK),
    JOBS(
        periodic_job("closed accounts", _EVERY_HOUR, actions.act_on_due),
        periodic_job("ended invitations", _EVERY_HOUR, never_joined.erase_invitations),
        periodic_job("erasures on request", _EVERY_MINUTE, own_request.take_effect),
    ),
)
