"""Sending a mail to an approver or operator, and the choice of a digest."""

from __future__ import annotations

from sqlalchemy import select

from app.audit import record
from app.database import db, writing
from app.outbox import send_mail
from app.outbox.rendering import render_mail
from app.vault import encrypt
from approvals.task_mails.models import DigestMail, MailPreference
from approvals.task_mails.rules import TASK_MAILS
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of

PURPOSE = "digest"


def mail_decider(to: Account, template: str, context: dict[str, object]) -> None:
    """Send a mail to an approver or operator, inside `writing()`.

    A mail of `TASK_MAILS` waits for the digest if the person chose one.
    """
    if template not in TASK_MAILS or digest_hour(to.id) is None:
        send_mail(to=to.email, template=template, context=context)
        return
    subject, text = render_mail(template, context)
    db.session.add(
        DigestMail(
            account_id=to.id,
            template=template,
            subject=subject[:250],
            sealed_text=encrypt(text, purpose=PURPOSE),
        )
    )


def digest_hour(account_id: int) -> int | None:
    """Return the hour in London of the person's digest; None if mails come one by one."""
    return db.session.scalar(
        select(MailPreference.digest_hour).where(MailPreference.account_id == account_id)
    )


def choose_digest(account_id: int, hour: int | None) -> bool:
    """Store the hour of the digest, or None for mails one by one; return whether it changed.

    Without a digest, the mails that wait for it are sent within a minute.
    """
    with writing() as session:
        account = lock_access(account_id)
        if account is None:
            return False
        present = session.get(MailPreference, account_id, populate_existing=True)
        if present is None:
            present = MailPreference(account_id=account_id)
            session.add(present)
        if present.digest_hour == hour:
            return False
        present.digest_hour = hour
        record(
            "account.mails_chosen",
            actor=actor_of(account),
            subject=account.subject,
            choice=in_words(hour),
        )
    return True


def in_words(hour: int | None) -> str:
    """Return the choice in words."""
    return "as they come" if hour is None else f"in one email a day, at {hour_in_words(hour)}"


def hour_in_words(hour: int) -> str:
    """Return the hour as people read it, such as `9am`."""
    return {0: "midnight", 12: "midday"}.get(hour, f"{(hour - 1) % 12 + 1}{'ap'[hour > 12]}m")
