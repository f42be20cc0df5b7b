"""Mails with a link that did not arrive: the mail server refused them, or they were given up.

An invitation counts by the mail with its present link. A new link, after a correction of the
address or a repetition, is a new mail.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal, select

from app.database import db
from app.outbox import OutboxMail
from app.outbox.delivery import MAILS, REFUSED
from identity.accounts.models import Invitation

_BEFORE_TOKEN_HASH = len("invitation ") + 36 + len(" ")
"""Characters of the key of an invitation's mail before the hash of the token; see `mail_key`."""


@dataclass(frozen=True)
class FailedMail:
    """The failure of a mail. refused: for good, by the mail server of the address."""

    email: str
    refused: bool
    at: datetime

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


def mail_key(public_id: str, token_hash: str) -> str:
    """Return the `dedupe_key` of the mail with a link of the invitation."""
    return f"invitation {public_id} {token_hash}"


def invitation_of(key: str) -> str | None:
    """Return the public id of the invitation whose mail has the key; None for other mails."""
    word, _, rest = key.partition(" ")
    return rest.partition(" ")[0] if word == "invitation" else None


def undelivered_invitations() -> Select[int]:
    """Return the statement for the keys of the invitations that did not arrive.

    It begins with the failed mails, which are few, and not with the invitations.
    """
    token_hash = func.substr(OutboxMail.dedupe_key, _BEFORE_TOKEN_HASH + 1)
    return (
        select(Invitation.id)
        .select_from(OutboxMail)
        .join(Invitation, and_(Invitation.token_hash == token_hash, _mail_of_invitation()))
        .where(MAILS.has_failed())
    )


def failed_mails(invitations: Collection[int]) -> Mapping[int, FailedMail]:
    """Return the failure of each of the invitations (by key) whose mail did not arrive."""
    rows = db.session.execute(
        select(Invitation.id, OutboxMail.recipient, OutboxMail.state, OutboxMail.failed_at)
        .join(OutboxMail, _mail_of_invitation())
        .where(Invitation.id.in_(invitations), MAILS.has_failed())
    )
    return {
        key: FailedMail(email, state == REFUSED, at)
        for key, email, state, at in rows
        if at is not None
    }


def failed_mail(*keys: str) -> FailedMail | None:
    """Return the failure of a mail with one of the keys, or None if none of them failed."""
    row = db.session.execute(
        select(OutboxMail.recipient, OutboxMail.state, OutboxMail.failed_at)
        .where(OutboxMail.dedupe_key.in_(keys), MAILS.has_failed())
        .limit(1)
    ).first()
    if row is None or row[2] is None:
        return None
    return FailedMail(row[0], row[1] == REFUSED, row[2])


def _mail_of_invitation() -> ColumnElement[bool]:
    key = literal("invitation ") + Invitation.public_id + literal(" ") + Invitation.token_hash
    return OutboxMail.dedupe_key == key
