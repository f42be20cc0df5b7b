"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.periodic import periodic_job
from app.retention import PURGES, Purge
from app.worker import JOBS
from approvals.memberships import (
    dormancy,
    end_reminders,
    events,
    journeys,
    last_uses,
    weekly_report,
)
from approvals.memberships.actions.end_closed import end_access_through
from approvals.memberships.home_cards import HOME_CARDS, only_approver
from approvals.memberships.lapsing_card import invitations_end_soon
from approvals.memberships.waiting_card import waiting_for_second_approver
from approvals.organisations.importing import WHEN_CLOSED

ROOM = Room(
    "approvals.memberships",
    EVENTS(*events.EVENTS),
    PURGES(Purge("membership journeys", journeys.expired)),
    WHEN_CLOSED(end_access_through),
    HOME_CARDS(only_approver, waiting_for_second_approver, invitations_end_soon),
    JOBS(
        periodic_job("reminders of ending access", end_reminders.EVERY, end_reminders.remind),
        periodic_job("weekly report", weekly_report.EVERY, weekly_report.report),
        periodic_job("last uses of access", last_uses.EVERY, last_uses.note_entries),
        periodic_job("dormant access", dormancy.EVERY, dormancy.warn_and_suspend),
    ),
)
