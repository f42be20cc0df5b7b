"""The queue of mails: delivery to the mail server, failures, and the end after a restore."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from app.clock import now
from app.context import PerApplication, present_application
from app.outbox.message import RenderedMail
from app.outbox.models import OutboxMail
from app.outbox.refusals import PermanentRefusal, describe_refusal
from app.outbox.transports import transport
from app.queue import DeliveryFailed, DeliveryRefused, EndState, LeasedQueue, Send
from app.queue.parallel import ParallelDelivery
from app.settings import settings
from app.vault import Undecipherable, decrypt

PURPOSE = "mail"
IDLE_SECONDS = 10.0
"""Time for which a connection to the mail server is kept without a mail."""
REFUSED = "refused"
"""State of a mail that the mail server refused for good."""
LINK_EXPIRED = "the link expired before the mail could be delivered"

log = structlog.get_logger()


def deliver() -> bool:
    """Deliver the mails that are due, as the worker's job. Return whether any is under way."""
    under_way = _delivery().step()
    if not under_way:
        transport().close_idle(IDLE_SECONDS)
    return under_way


def finish() -> bool:
    """Store the results of the mails that are under way. Return whether any still is."""
    under_way = _delivery().finish()
    if not under_way:
        transport().close_idle(0)
    return under_way


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
    # The text is decrypted by the attempt: without a key the mail waits.
    sealed = RenderedMail(
        identifier=mail.public_id,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.sealed_text or "",
        repeated=mail.attempts > 1,
    )
    return partial(_send, sealed)


def _send(sealed: RenderedMail) -> None:
    try:
        transport().deliver(replace(sealed, text=decrypt(sealed.text, purpose=PURPOSE)))
    except Undecipherable:
        # The key may be missing by mistake: the mail is tried again until it is there.
        raise DeliveryFailed("no key of SECURE_ACCESS_ENCRYPTION_KEYS opens the mail") from None
    except PermanentRefusal as error:
        raise DeliveryRefused(str(error)) from None
    except (ValueError, OSError) as error:
        cause = describe_refusal(error)
        raise DeliveryFailed(cause, final=not isinstance(error, OSError)) from None


def _record(mail: OutboxMail) -> None:
    logged: dict[str, object] = {
        "mail": mail.public_id,
        "template": mail.template,
        "domain": mail.recipient.rpartition("@")[2],
        "attempts": mail.attempts,
    }
    if mail.last_error is None:
        log.info("a mail was delivered", **logged)
        return
    logged["cause"] = mail.last_error
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
    refused=REFUSED,
    cleared=(OutboxMail.sealed_text,),
    lease_time=timedelta(minutes=2),
    first_retry=timedelta(seconds=30),
    longest_retry=timedelta(hours=1),
    max_attempts=30,
    retention=timedelta(days=30),
)

_delivery: PerApplication[ParallelDelivery[OutboxMail]] = PerApplication(
    "app.outbox.delivery",
    lambda: ParallelDelivery(
        present_application(),
        MAILS,
        at_once=settings().smtp_connections,
        first=OutboxMail.urgent,
    ),
)
