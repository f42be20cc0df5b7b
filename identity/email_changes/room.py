"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from identity.email_changes import events, queries

ROOM = Room(
    "identity.email_changes",
    EVENTS(*events.EVENTS),
    PURGES(Purge("changes of email addresses", queries.expired)),
)
