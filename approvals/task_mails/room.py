"""Parts that the room adds to an application."""

from sqlalchemy import select

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS, Event
from app.composition import Room
from app.periodic import periodic_job
from app.retention import PURGES, Purge
from app.worker import JOBS
from approvals.task_mails import digests
from approvals.task_mails.models import DigestMail

ROOM = Room(
    "approvals.task_mails",
    EVENTS(
        Event(
            "account.mails_chosen",
            "{actor} chose how they get emails about tasks: {choice}.",
            {"subject", "choice"},
        )
    ),
    PURGES(Purge("mails kept for digests", digests.expired)),
    JOBS(periodic_job("digests of mails", 20.0, digests.send_due)),
    REVIVED(
        Revived(
            "mails that waited for a digest",
            select_active=lambda: select(DigestMail.id),
            end=digests.end_all,
        )
    ),
)
