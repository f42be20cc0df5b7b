"""Delivering promised mail: claim, send, mark. A worker that dies leaves its claim to run out."""

from datetime import timedelta

import structlog
from flask import Flask
from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.orm import Session

from app.after_restore import CAUSE, register_revived
from app.clock import now
from app.database import db, writing
from app.database.due import is_due
from app.outbox.enqueue import PURPOSE
from app.outbox.message import compose
from app.outbox.models import OutboxMail
from app.outbox.refusals import PermanentRefusal, describe_refusal
from app.outbox.transports import Transport, transport
from app.retention import Expired, register_purge
from app.settings import settings
from app.vault import decrypt

log = structlog.get_logger()
LEASE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
MOST_ATTEMPTS = 30
KEPT_AFTER_SENDING = timedelta(days=30)
LINK_EXPIRED = "the link expired before the mail could be delivered"


def install(app: Flask) -> None:
    """Add the purge of sent mails, and the end of revived ones, to the application."""
    register_purge(app, "sent mail", _expired)
    register_revived(app, "mails that were waiting", standing=_waiting_mails, end=_withdraw_waiting)


def deliver_due(limit: int = 50) -> int:
    """Try each mail that is due, once. Return how many were delivered."""
    channel = transport(settings())
    due = db.session.scalars(
        select(OutboxMail.id)
        .where(OutboxMail.state == "waiting", _is_due())
        .order_by(OutboxMail.id)
        .limit(limit)
    ).all()
    return sum(_deliver(identifier, channel) for identifier in due)


def _deliver(identifier: int, channel: Transport) -> bool:
    with writing() as session:
        if not _claim(session, identifier):
            return False
        mail = session.get_one(OutboxMail, identifier)
        public_id, recipient, subject, sealed, expires_at = (
            mail.public_id,
            mail.recipient,
            mail.subject,
            mail.sealed_text,
            mail.expires_at,
        )
    if expires_at is not None and expires_at <= now():
        _mark_failed(identifier, LINK_EXPIRED, final=True)
        return False
    text = decrypt(sealed or "", purpose=PURPOSE)
    try:
        message = compose(
            sender=settings().mail_from,
            recipient=recipient,
            subject=subject,
            text=text,
            identifier=public_id,
            issuer=settings().issuer,
        )
        channel.deliver(message, public_id)
    except (PermanentRefusal, ValueError) as error:
        _mark_failed(identifier, describe_refusal(error), final=True)
        return False
    except OSError as error:
        _mark_failed(identifier, describe_refusal(error))
        return False
    with writing() as session:
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.id == identifier)
            .values(state="sent", sent_at=now(), sealed_text=None, last_error=None)
        )
    return True


def _is_due() -> ColumnElement[bool]:
    return is_due(OutboxMail.next_attempt_at, longest_wait=LONGEST_RETRY)


def _claim(session: Session, identifier: int) -> bool:
    claimed = session.execute(
        update(OutboxMail)
        .where(
            OutboxMail.id == identifier,
            OutboxMail.state == "waiting",
            _is_due(),
        )
        .values(next_attempt_at=now() + LEASE, attempts=OutboxMail.attempts + 1)
        .returning(OutboxMail.id)
    )
    return claimed.scalar_one_or_none() is not None


def _mark_failed(identifier: int, cause: str, *, final: bool = False) -> None:
    with writing() as session:
        mail = session.get_one(OutboxMail, identifier)
        mail.last_error = cause[:250]
        final = final or mail.attempts >= MOST_ATTEMPTS
        if final:
            mail.state = "failed"
            mail.failed_at = now()
            mail.sealed_text = None
        else:
            mail.next_attempt_at = now() + min(
                FIRST_RETRY * 2 ** min(mail.attempts - 1, 10), LONGEST_RETRY
            )
        noted = {
            "mail": mail.public_id,
            "template": mail.template,
            "domain": mail.recipient.rpartition("@")[2],
            "attempts": mail.attempts,
            "cause": cause,
        }
    if final:
        log.warning("a mail failed for good", **noted)
    else:
        log.info("a mail is tried again later", **noted)


def _waiting_mails() -> Select[int]:
    return select(OutboxMail.id).where(OutboxMail.state == "waiting")


def _withdraw_waiting() -> None:
    """Withdraw the mails that waited in a backup: most were sent after it was made."""
    db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.state == "waiting")
        .values(state="failed", sealed_text=None, last_error=CAUSE)
    )


def _expired() -> list[Expired]:
    old = and_(OutboxMail.state != "waiting", OutboxMail.created_at < now() - KEPT_AFTER_SENDING)
    return [Expired(OutboxMail, old)]
