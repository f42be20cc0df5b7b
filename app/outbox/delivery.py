"""The queue of mails: delivery to the mail server, failures, and the end after a restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.outbox.message import compose
from app.outbox.models import OutboxMail
from app.outbox.refusals import PermanentRefusal, describe_refusal
from app.outbox.transports import transport
from app.queue import DeliveryFailed, EndState, LeasedQueue, Send
from app.settings import settings
from app.vault import decrypt

PURPOSE = "mail"
LINK_EXPIRED = "the link expired before the mail could be delivered"

log = structlog.get_logger()


def failed_mails() -> Sequence[OutboxMail]:
    """Return the mails that the mail server did not accept, oldest failure first."""
    return db.session.scalars(
        select(OutboxMail).where(MAILS.has_failed()).order_by(OutboxMail.failed_at)
    ).all()


def failed_recently() -> str | None:
    """Return a sentence for `/readyz` where mails have failed in the last 7 days."""
    return MAILS.describe_recent_failures(
        "mail could not be delivered",
        "mails could not be delivered",
        command="secure-access mails failed",
    )


def _prepare(mail: OutboxMail) -> Send:
    if mail.expires_at is not None and mail.expires_at <= now():
        raise DeliveryFailed(LINK_EXPIRED, final=True)
    return partial(_send, mail.public_id, mail.recipient, mail.subject, mail.sealed_text or "")


def _send(public_id: str, recipient: str, subject: str, sealed_text: str) -> None:
    try:
        message = compose(
            sender=settings().mail_from,
            recipient=recipient,
            subject=subject,
            text=decrypt(sealed_text, purpose=PURPOSE),
            identifier=public_id,
            issuer=settings().issuer,
        )
        transport(settings()).deliver(message, public_id)
    except (PermanentRefusal, ValueError, OSError) as error:
        cause = describe_refusal(error)
        raise DeliveryFailed(cause, final=not isinstance(error, OSError)) from None


def _record(mail: OutboxMail) -> None:
    if mail.last_error is None:
        return
    logged = {
        "mail": mail.public_id,
        "template": mail.template,
        "domain": mail.recipient.rpartition("@")[2],
        "attempts": mail.attempts,
        "cause": mail.last_error,
    }
    if mail.failed_at is not None:
        log.warning("a mail failed for good", **logged)
    else:
        log.info("a mail is tried again later", **logged)


MAILS = LeasedQueue(
    table=OutboxMail,
    prepare=_prepare,
    record=_record,
    delivered=EndState("sent", OutboxMail.sent_at),
    given_up=EndState("failed", OutboxMail.failed_at),
    cleared=(OutboxMail.sealed_text,),
    lease_time=timedelta(minutes=2),
    first_retry=timedelta(seconds=30),
    longest_retry=timedelta(hours=1),
    max_attempts=30,
    retention=timedelta(days=30),
)
