"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.periodic import Periodic
from app.retention import PURGES, Purge
from app.worker import JOBS, Job
from approvals.memberships import dormancy, end_reminders, events, journeys, weekly_report
from approvals.memberships.actions.end_closed import end_access_through
from approvals.memberships.home_cards import HOME_CARDS, only_approver
from approvals.memberships.waiting_card import waiting_for_second_approver
from approvals.organisations.importing import WHEN_CLOSED

ROOM = Room(
    "approvals.memberships",
    EVENTS(*events.EVENTS),
    PURGES(Purge("membership journeys", journeys.expired)),
    WHEN_CLOSED(end_access_through),
    HOME_CARDS(only_approver, waiting_for_second_approver),
    JOBS(
        Job(
            "reminders of ending access",
            Periodic("end_reminders", end_reminders.LOOK_SECONDS, end_reminders.remind),
        ),
        Job("weekly report", weekly_report.report_now_and_then),
        Job("dormant access", Periodic("dormancy", dormancy.LOOK_SECONDS, dormancy.look)),
    ),
)
