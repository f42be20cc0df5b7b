"""Digests, sent by a job of the worker. One worker of all claims the digest of a person and day.

A mail that waits is deleted in the transaction that adds it to the outbox: none is lost, and none
is sent twice. Mails of a person who has chosen no digest meanwhile are sent one by one. People who
are suspended get theirs once the account is restored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import delete, func, or_, select, update

from app.clock import day_of, now
from app.database import db, writing
from app.database.single_use import claim
from app.outbox import send_mail
from app.outbox.rendering import Verbatim
from app.retention import Expired
from app.vault import Undecipherable, decrypt
from approvals.task_mails.actions import PURPOSE
from approvals.task_mails.models import DigestMail, MailPreference
from approvals.task_mails.rules import latest_digest_moment
from identity.access_termination import lock_access
from identity.accounts.models import Account

MOST_MAILS = 50
"""Mails in one digest. Further mails are in a second one."""
RETENTION = timedelta(days=30)
_GREETING = re.compile(r"\AHello[^\n]*,\n\n")

log = structlog.get_logger()


def send_due(at: datetime | None = None) -> None:
    """Send the digests that are due, and the mails that wait of people without a digest."""
    at = at or now()
    hour, last = MailPreference.digest_hour, MailPreference.last_digest_on
    rows = db.session.execute(
        select(DigestMail.account_id, hour, last, func.min(DigestMail.created_at))
        .join(Account, Account.id == DigestMail.account_id)
        .outerjoin(MailPreference, MailPreference.account_id == DigestMail.account_id)
        .where(~Account.suspended)
        .group_by(DigestMail.account_id, hour, last)
    ).all()
    for account_id, chosen_hour, last_day, oldest in rows:
        if chosen_hour is None or _is_due(chosen_hour, last_day, oldest, at):
            _send_of(account_id, at)


def _is_due(hour: int, last_day: date | None, oldest: datetime, at: datetime) -> bool:
    """Return whether a mail has waited since before a digest that was not sent."""
    moment = latest_digest_moment(hour, at)
    return oldest < moment and (last_day is None or last_day < day_of(moment))


def _send_of(account_id: int, at: datetime) -> None:
    try:
        with writing():
            account = lock_access(account_id)
            hour = db.session.scalar(
                select(MailPreference.digest_hour).where(MailPreference.account_id == account_id)
            )
            if account is None or account.suspended:
                return
            if hour is None:
                _send_one_by_one(account)
            elif _claim_digest(account_id, hour, at):
                _send_digest(account)
    except Undecipherable as error:
        # The key may be missing by mistake: the mails wait until it is there.
        log.error("no encryption key opens a digest", account=account_id, cause=str(error))


def _claim_digest(account_id: int, hour: int, at: datetime) -> bool:
    day = day_of(latest_digest_moment(hour, at))
    last = MailPreference.last_digest_on
    return claim(
        update(MailPreference)
        .where(
            MailPreference.account_id == account_id,
            MailPreference.digest_hour == hour,
            or_(last.is_(None), last < day),
        )
        .values(last_digest_on=day)
    )


def _send_digest(account: Account) -> None:
    mails = _take_all(account.id)
    for first in range(0, len(mails), MOST_MAILS):
        part = mails[first : first + MOST_MAILS]
        send_mail(
            to=account.email,
            template="task_mails/digest",
            context={
                "name": account.name,
                "count": len(part),
                "mails": [
                    (Verbatim(subject), Verbatim(_GREETING.sub("", text))) for subject, text in part
                ],
            },
        )


def _send_one_by_one(account: Account) -> None:
    for subject, text in _take_all(account.id):
        send_mail(
            to=account.email,
            template="task_mails/waited",
            context={"subject": Verbatim(subject), "text": Verbatim(text)},
        )


def _take_all(account_id: int) -> Sequence[tuple[str, str]]:
    """Delete the mails that wait, and return subject and text of each, oldest first."""
    rows = db.session.execute(
        select(DigestMail.id, DigestMail.subject, DigestMail.sealed_text)
        .where(DigestMail.account_id == account_id)
        .order_by(DigestMail.id)
    ).all()
    return [
        (subject, decrypt(sealed, purpose=PURPOSE))
        for key, subject, sealed in rows
        if claim(delete(DigestMail).where(DigestMail.id == key))
    ]


def expired() -> list[Expired]:
    """Return the rows to purge: mails of accounts that stayed suspended."""
    return [Expired(DigestMail, DigestMail.created_at < now() - RETENTION)]


def end_all() -> None:
    """Delete every mail that waits, inside `writing()`: most were sent after the backup."""
    db.session.execute(delete(DigestMail))
