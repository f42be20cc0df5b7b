"""Parts that the room adds to an application."""

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS
from app.composition import Room
from app.periodic import periodic_job
from app.worker import JOBS
from approvals.second_step_resets import actions, events

ROOM = Room(
    "approvals.second_step_resets",
    EVENTS(*events.EVENTS),
    REVIVED(
        Revived(
            "resets of the second step",
            select_active=actions.decided_or_asked,
            end=actions.stop_all,
        ),
    ),
    JOBS(periodic_job("resets of the second step", actions.EVERY, actions.take_effect)),
)
