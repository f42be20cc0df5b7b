"""The operators' weekly mail about organisations at risk."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.clock import day_of, now, start_of_day
from app.database import db, writing
from app.database.single_use import insert_unless_present
from app.outbox import send_mail
from approvals.memberships.at_risk import REASONS, all_risks, count_risks
from approvals.memberships.long_access import count_long_access
from approvals.memberships.models import WeeklyReport
from approvals.operators.actions import active_operators

FROM_HOUR = timedelta(hours=7)
"""Time after the beginning of a Monday in London from which the mail of a week is due."""
MOST_LINES = 50
EVERY = 300.0
"""Seconds between two calls of `report`."""
_claim = insert_unless_present(WeeklyReport)


def report() -> None:
    """Mail the operators the organisations at risk, once for each week.

    Nothing is sent in a week in which no organisation is at risk and no access lasts too long.
    """
    at = now()
    week = due_week(at)
    if db.session.get(WeeklyReport, week) is not None:
        return
    counts, long_access = count_risks(at), count_long_access(at)
    lines = all_risks(at, most=MOST_LINES)
    with writing():
        if not _claim(week=week, sent_at=at) or not (counts.total or long_access):
            return
        for operator in active_operators():
            send_mail(
                to=operator.email,
                template="memberships/organisations_at_risk",
                context={
                    "total": counts.total,
                    "counts": [
                        (REASONS[reason], number)
                        for reason, number in counts.by_reason.items()
                        if number
                    ],
                    "lines": [(row.organisation.name, row.in_words) for row in lines],
                    "more": max(0, counts.total - len(lines)),
                    "long_access": long_access,
                },
            )


def due_week(at: datetime) -> date:
    """Return the Monday of the latest week whose mail is due."""
    day = day_of(at)
    monday = day - timedelta(days=day.weekday())
    due = start_of_day(monday) + FROM_HOUR
    return monday if at >= due else monday - timedelta(days=7)
