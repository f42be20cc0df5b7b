"""How many invitation mails one organisation may send to one address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.clock import now
from app.database import db
from app.retention import Expired
from app.web.templates import format_moment
from identity.accounts.models import InvitationMail

LIMITS = ((3, timedelta(hours=1)), (5, timedelta(days=1)))
"""At most so many mails in so much time."""
_LONGEST = max(period for _, period in LIMITS)


class TooManyInvitations(ValueError):
    """The limit is reached. `next_at` is when the next mail may go; the text says it."""

    def __init__(self, next_at: datetime) -> None:
        # Pages show whole minutes, and at the minute shown the mail must go.
        shown = format_moment(next_at + timedelta(seconds=59))
        super().__init__(
            "You have sent this address as many invitations as you can for now. "
            f"You can send the next one on {shown}."
        )
        self.next_at = next_at


def earliest_next(sent: Sequence[datetime], at: datetime) -> datetime | None:
    """Return when the next mail may go, after mails at the moments `sent`; None for at once."""
    latest_first = sorted(sent, reverse=True)
    ends = [
        latest_first[most - 1] + period
        for most, period in LIMITS
        if len(latest_first) >= most and latest_first[most - 1] + period > at
    ]
    return max(ends, default=None)


def next_invitation_at(sender: str, email_key: str) -> datetime | None:
    """Return when `sender` may send the next invitation to this address; None for at once."""
    at = now()
    sent = db.session.scalars(
        select(InvitationMail.sent_at).where(
            InvitationMail.sender == sender,
            InvitationMail.email_key == email_key,
            InvitationMail.sent_at > at - _LONGEST,
        )
    )
    return earliest_next(sent.all(), at)


def count_invitation(sender: str, email_key: str) -> None:
    """Count one mail, inside `writing()`. Raises TooManyInvitations.

    The caller holds the lock of the organisation that sends, so that parallel requests are
    counted one after the other.
    """
    next_at = next_invitation_at(sender, email_key)
    if next_at is not None:
        raise TooManyInvitations(next_at)
    db.session.add(InvitationMail(sender=sender, email_key=email_key, sent_at=now()))


def expired() -> list[Expired]:
    """Return the counts that no limit looks at any more."""
    return [Expired(InvitationMail, InvitationMail.sent_at < now() - 2 * _LONGEST)]
