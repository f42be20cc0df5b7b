"""`secure-access mails`: mails that the mail server did not take."""

from __future__ import annotations

import click
from flask.cli import AppGroup

mails_cli = AppGroup("mails", help="Mails that could not be delivered.")


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
