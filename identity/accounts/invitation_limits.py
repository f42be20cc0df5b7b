"""How many invitation mails one organisation may send to one address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.clock import now
from app.database import db
from app.refusal import Refusal, RefusalError
from app.retention import Expired
from app.web.templates import format_moment
from identity.accounts.models import InvitationMail
from identity.email_address import EmailAddress

LIMITS = ((3, timedelta(hours=1)), (5, timedelta(days=1)))
"""At most so many mails in so much time."""
_LONGEST = max(period for _, period in LIMITS)


TOO_MANY_INVITATIONS = "too_many_invitations"
"""Code of the refusal of a mail that exceeds a limit."""


def earliest_next(sent: Sequence[datetime], at: datetime) -> datetime | None:
    """Return when the next mail may go, after mails at the moments `sent`; None for at once."""
    latest_first = sorted(sent, reverse=True)
    ends = [
        latest_first[most - 1] + period
        for most, period in LIMITS
        if len(latest_first) >= most and latest_first[most - 1] + period > at
    ]
    return max(ends, default=None)


def limit_on(sender: str, email: EmailAddress, at: datetime) -> Refusal | None:
    """Refuse another invitation of `sender` to this address while a limit is reached.

    The sentence contains the time of the next one.
    """
    sent = db.session.scalars(
        select(InvitationMail.sent_at).where(
            InvitationMail.sender == sender,
            InvitationMail.email_key == email.key,
            InvitationMail.sent_at > at - _LONGEST,
        )
    )
    next_at = earliest_next(sent.all(), at)
    if next_at is None:
        return None
    # Pages show whole minutes, and at the minute shown the mail must go.
    shown = format_moment(next_at + timedelta(seconds=59))
    return Refusal(
        TOO_MANY_INVITATIONS,
        "You have sent this address as many invitations as you can for now. "
        f"You can send the next one on {shown}.",
    )


def count_invitation(sender: str, email: EmailAddress, at: datetime) -> None:
    """Count one mail, inside `writing()`. Raises RefusalError at the limit.

    The caller holds the lock of the organisation that sends, so that parallel requests are
    counted one after the other.
    """
    refusal = limit_on(sender, email, at)
    if refusal is not None:
        raise RefusalError(refusal)
    db.session.add(InvitationMail(sender=sender, email_key=email.key, sent_at=at))


def expired() -> list[Expired]:
    """Return the counts that no limit looks at any more."""
    return [Expired(InvitationMail, InvitationMail.sent_at < now() - 2 * _LONGEST)]
