"""Mails that failed for good, for operators: `secure-access mails failed` and `/readyz`."""

from datetime import timedelta

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from app.cli.tables import show
from app.clock import now
from app.database import db
from app.outbox.models import OutboxMail

RECENT = timedelta(days=7)

mails_cli = AppGroup("mails", help="Mails that could not be delivered.")


@mails_cli.command("failed")
def failed_command() -> None:
    """List the mails of the last 30 days that the mail server did not take."""
    mails = db.session.scalars(
        select(OutboxMail).where(OutboxMail.failed_at.is_not(None)).order_by(OutboxMail.failed_at)
    ).all()
    if not mails:
        click.echo("No mail has failed.")
        return
    show(
        ["Failed at", "To", "Mail", "Attempts", "Cause"],
        [
            [
                f"{mail.failed_at:%Y-%m-%d %H:%M} UTC",
                mail.recipient,
                mail.template,
                str(mail.attempts),
                mail.last_error or "",
            ]
            for mail in mails
        ],
    )


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
