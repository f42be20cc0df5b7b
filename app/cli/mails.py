"""`secure-access mails`: mails that were not delivered, or not yet."""

from __future__ import annotations

import click
from flask.cli import AppGroup

mails_cli = AppGroup("mails", help="Mails that could not be delivered, or not yet.")


@mails_cli.command("waiting")
def waiting_command() -> None:
    """List the mails that are tried again, with the cause of the last failure."""
    from app.cli.tables import print_rows
    from app.outbox.delivery import mails_to_retry

    mails = mails_to_retry()
    if not mails:
        click.echo("No mail waits for another attempt.")
        return
    print_rows(
        ["Next attempt", "To", "Mail", "Attempts", "Cause"],
        [
            [
                f"{mail.next_attempt_at:%Y-%m-%d %H:%M} UTC",
                mail.recipient,
                mail.template,
                str(mail.attempts),
                mail.last_error or "",
            ]
            for mail in mails
        ],
    )


@mails_cli.command("failed")
def failed_command() -> None:
    """List the mails of the last 30 days that the mail server did not take."""
    from app.cli.tables import print_rows
    from app.outbox.delivery import failed_mails

    mails = failed_mails()
    if not mails:
        click.echo("No mail has failed.")
        return
    print_rows(
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
