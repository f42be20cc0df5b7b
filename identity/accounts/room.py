"""Parts that the room adds to an application."""

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from identity.accounts import events, invitation_limits, invitations, registrations

ROOM = Room(
    "identity.accounts",
    EVENTS(*events.EVENTS),
    PURGES(
        Purge("counts of invitation mails", invitation_limits.expired),
        Purge("addresses of registrations", registrations.expired),
    ),
    REVIVED(
        Revived("invitation links", select_active=invitations.usable, end=invitations.expire_all),
    ),
)
