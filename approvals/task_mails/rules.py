"""Mails that may wait for a digest, and the moment of a digest."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.clock import day_of, hour_of

TASK_MAILS = frozenset(
    {
        "access_requests/waiting",
        "memberships/access_ending_list",
        "memberships/access_waits",
        "memberships/declined",
        "memberships/dormant_approver_stays",
        "memberships/dormant_for_approver",
        "memberships/renewal_asked",
        "memberships/suspended",
    }
)
"""Mails about tasks. All others are sent at once: those about the security of an account, about
appointments and resets, and those that carry a link for one person."""


def latest_digest_moment(hour: int, at: datetime) -> datetime:
    """Return the last moment, not after `at`, at which a digest of that hour in London was due."""
    day = day_of(at)
    moment = hour_of(day, hour)
    return moment if moment <= at else hour_of(day - timedelta(days=1), hour)
