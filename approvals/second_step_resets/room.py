"""Parts that the room adds to an application."""

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS
from app.composition import Room
from app.worker import JOBS, Job
from approvals.second_step_resets import events
from approvals.second_step_resets.actions import (
    decided_or_asked,
    stop_all,
    take_effect_now_and_then,
)

ROOM = Room(
    "approvals.second_step_resets",
    EVENTS(*events.EVENTS),
    REVIVED(
        Revived("resets of the second step", select_active=decided_or_asked, end=stop_all),
    ),
    JOBS(Job("resets of the second step", take_effect_now_and_then)),
)
