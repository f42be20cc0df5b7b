"""Messages of the contact form to the people who run the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database import writing
from app.outbox import send_mail
from app.request_reference import short_reference
from identity.settings import settings
from identity.sign_in.backoff import Limit
from identity.sign_in.throttle import Attempt, Bucket, admit

MESSAGES_AN_HOUR = 5
"""Messages of one network in an hour."""

_HOUR = timedelta(hours=1)
_LIMIT = Limit(MESSAGES_AN_HOUR, _HOUR, _HOUR, _HOUR)


@dataclass(frozen=True)
class Message:
    """A message, with what its writer said about themselves."""

    subject: str
    text: str
    name: str
    email: str


def send_message(message: Message, network: str, request_id: str, at: datetime) -> timedelta:
    """Send the message to the support address, or return how long its network has to wait.

    No mail goes to the address that was typed: a stranger could type anybody's.
    """
    wait = admit(Attempt([Bucket(f"contact:{network}", _LIMIT)]), at)
    if wait:
        return wait
    with writing():
        send_mail(
            to=settings().support_email or "",
            template="information/contact",
            context={
                "subject": message.subject,
                "lines": message.text.splitlines(),
                "name": message.name,
                "email": message.email,
                "reference": short_reference(request_id),
            },
        )
    return wait
