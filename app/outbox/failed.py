"""Mails that failed for good: what operators read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from app.clock import now
from app.database import db
from app.outbox.models import OutboxMail

RECENT = timedelta(days=7)


def failed_mails() -> Sequence[OutboxMail]:
    """Return the mails that the mail server did not take, oldest failure first."""
    return db.session.scalars(
        select(OutboxMail).where(OutboxMail.failed_at.is_not(None)).order_by(OutboxMail.failed_at)
    ).all()


def failed_recently() -> str | None:
    """Return a sentence for `/readyz` where mails have failed in the last 7 days."""
    count = db.session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(OutboxMail.state == "failed", OutboxMail.failed_at > now() - RECENT)
    )
    if not count:
        return None
    mails = "1 mail" if count == 1 else f"{count:,} mails"
    return f"{mails} could not be delivered in the last 7 days: see secure-access mails failed."
