"""Parts that the room adds: figures, the purge, and the end of mails that a backup brings back."""

from functools import partial

from app.after_restore import CAUSE, REVIVED, Revived
from app.composition import Room
from app.metrics import GAUGES
from app.outbox.delivery import MAILS
from app.retention import PURGES, Purge

ROOM = Room(
    "app.outbox",
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
