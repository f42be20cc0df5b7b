"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.periodic import Periodic
from app.worker import JOBS, Job
from approvals.account_closing import actions, events

_EVERY = 3600.0
ROOM = Room(
    "approvals.account_closing",
    EVENTS(*events.EVENTS),
    JOBS(Job("closed accounts", Periodic("closed accounts", _EVERY, actions.look))),
)
