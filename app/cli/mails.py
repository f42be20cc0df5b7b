"""`secure-access mails`: mails that were not delivered, or not yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

if TYPE_CHECKING:
    from app.outbox.models import OutboxMail

mails_cli = AppGroup("mails", help="Mails that could not be delivered, or not yet.")


@mails_cli.command("waiting")
def waiting_command() -> None:
    """List the mails that are tried again, with the cause of the last failure."""
    from app.outbox.delivery import mails_to_retry

    mails = mails_to_retry()
    if not mails:
        click.echo("No mail waits for another attempt.")
    else:
        _print_mails("Next attempt", lambda mail: mail.next_attempt_at, mails)


@mails_cli.command("failed")
def failed_command() -> None:
    """List the mails of the last 30 days that the mail server did not take."""
    from app.outbox.delivery import failed_mails

    mails = failed_mails()
    if not mails:
        click.echo("No mail has failed.")
    else:
        _print_mails("Failed at", lambda mail: mail.failed_at, mails)


def _print_mails(
    heading: str, at: Callable[[OutboxMail], datetime | None], mails: Sequence[OutboxMail]
) -> None:
    """Print a table of mails; the heading is that of the column with the time `at`."""
    from app.cli.tables import print_rows

    print_rows(
        [heading, "To", "Mail", "Attempts", "Cause"],
        [
            [
                f"{at(mail):%Y-%m-%d %H:%M} UTC",
                mail.recipient,
                mail.template,
                str(mail.attempts),
                mail.last_error or "",
            ]
            for mail in mails
        ],
    )
