"""Statuses of mails, in words for operators, each as a value and as SQL."""

from __future__ import annotations

import enum
from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, case

from app.outbox.delivery import MAILS, REFUSED
from app.outbox.models import OutboxMail
from app.queue.models import WAITING


class MailStatus(enum.StrEnum):
    """Status of a mail. Addresses and commands name it by its value."""

    QUEUED = "queued"
    RETRIED = "retried"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given-up"
    WITHDRAWN = "withdrawn"


IN_WORDS = {
    MailStatus.QUEUED: "Waiting",
    MailStatus.RETRIED: "Is tried again",
    MailStatus.SENT: "Sent",
    MailStatus.REFUSED: "Refused",
    MailStatus.GIVEN_UP: "Given up",
    MailStatus.WITHDRAWN: "Withdrawn",
}

_waits = OutboxMail.state == WAITING
_CONDITIONS: dict[MailStatus, ColumnElement[bool]] = {
    MailStatus.QUEUED: and_(_waits, OutboxMail.last_error.is_(None)),
    MailStatus.RETRIED: and_(_waits, OutboxMail.last_error.is_not(None)),
    MailStatus.SENT: OutboxMail.state == MAILS.delivered.state,
    MailStatus.REFUSED: OutboxMail.state == REFUSED,
    MailStatus.GIVEN_UP: and_(MAILS.has_failed(), OutboxMail.state != REFUSED),
}


FAILED = frozenset({MailStatus.REFUSED, MailStatus.GIVEN_UP})
"""Statuses of mails that did not arrive and are tried no more."""


def has_status(statuses: Collection[MailStatus]) -> ColumnElement[bool]:
    """Return the condition for mails with one of the statuses."""
    return status_sql().in_([status.value for status in statuses])


def status_sql() -> ColumnElement[str]:
    """Return the status of each mail of a statement about `OutboxMail`, by its value."""
    pairs = [(condition, status.value) for status, condition in _CONDITIONS.items()]
    return case(*pairs, else_=MailStatus.WITHDRAWN.value)
