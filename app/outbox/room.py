"""Parts that the room adds: an event, figures, the purge, and the end of restored mails."""

from functools import partial

from app.after_restore import CAUSE, REVIVED, Revived
from app.audit import EVENTS, Event
from app.composition import Room
from app.metrics import GAUGES
from app.outbox.delivery import MAILS
from app.retention import PURGES, Purge

ROOM = Room(
    "app.outbox",
    EVENTS(Event("mail.listed", "{actor} looked at the list of mails.", {"found"})),
    GAUGES(*MAILS.gauges("mails")),
    PURGES(Purge("sent mail", MAILS.expired)),
    REVIVED(
        Revived(
            "mails that were waiting",
            select_active=MAILS.waiting,
            # Most of them were sent after the backup was made.
            end=partial(MAILS.withdraw, cause=CAUSE),
        )
    ),
)
