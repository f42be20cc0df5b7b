"""`secure-access mails`: the mails of the last 30 days, and those that were not delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.cli.names import NAME

if TYPE_CHECKING:
    from app.outbox.queries import ListedMail

STATUSES = ("queued", "retried", "sent", "refused", "given-up", "withdrawn")
"""Values of `app.outbox.statuses.MailStatus`, which help must not import."""

mails_cli = AppGroup("mails", help="Mails of the last 30 days, and those that failed.")


@mails_cli.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only mails with this status.")
@click.option("--to", "recipient", type=NAME, help="A part of the recipient's address.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_command(status: str | None, recipient: str | None, limit: int) -> None:
    """List the mails of the last 30 days, the latest first. Their texts are not shown."""
    _list("mails list", "No mail matches.", status=status, recipient=recipient or "", limit=limit)


@mails_cli.command("waiting")
def waiting_command() -> None:
    """List the mails that are tried again, with the cause of the last failure."""
    _list("mails waiting", "No mail waits for another attempt.", status="retried")


@mails_cli.command("failed")
def failed_command() -> None:
    """List the mails of the last 30 days that were refused or given up."""
    _list("mails failed", "No mail has failed.", status="failed")


def _list(
    command: str, none: str, *, status: str | None, recipient: str = "", limit: int = 10_000
) -> None:
    from app.cli.tables import print_rows
    from app.outbox.queries import MailFilters, look_up_mails
    from app.outbox.statuses import FAILED, MailStatus

    set_current_actor(Actor.command(command))
    statuses = FAILED if status == "failed" else {MailStatus(status)} if status else frozenset()
    filters = MailFilters(search=recipient, statuses=frozenset(statuses))
    found = look_up_mails(filters, page=1, per_page=limit)
    if not found.rows:
        click.echo(none)
        return
    print_rows(
        ["Created", "To", "Mail", "Status", "Sent, failed or due", "Attempts", "Cause"],
        [_cells(mail) for mail in found.rows],
    )
    if found.total > len(found.rows):
        click.echo(f"{len(found.rows):,} of {found.total:,} mails.")


def _cells(mail: ListedMail) -> list[str]:
    return [
        f"{mail.created_at:%Y-%m-%d %H:%M} UTC",
        mail.recipient,
        mail.template,
        mail.status.value,
        f"{mail.since:%Y-%m-%d %H:%M} UTC" if mail.since else "",
        str(mail.attempts),
        mail.cause or "",
    ]
