"""`secure-access report …`."""

from __future__ import annotations

from datetime import date

import click
from flask.cli import AppGroup

from app.cli.dates import DAY_NOT_IN_FUTURE
from app.cli.names import NAME
from app.cli.refusals import show_refusal

DEFAULT_SERVICE = "school_performance"

report = AppGroup("report", help="Numbers of people by user group, on any day.")


@report.command("user-groups")
@click.option(
    "--as-of",
    "as_of",
    required=True,
    type=DAY_NOT_IN_FUTURE,
    help="Day at the end of which people are counted: today or a past day.",
)
@click.option(
    "--service",
    type=NAME,
    default=DEFAULT_SERVICE,
    show_default=True,
    help="Code of the service.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
def user_groups_command(as_of: date, service: str, form: str) -> None:
    """Count the people of each user group at the end of a day in London."""
    from rich.console import Console

    from app.database import db, without_time_limit
    from approvals.reports import formats
    from approvals.reports.user_groups import user_groups

    without_time_limit(db.session())
    with show_refusal(after=" `secure-access services find` lists the codes."):
        found = user_groups(service, as_of)
    if form == "json":
        click.echo(formats.as_json(found))
    elif form == "csv":
        click.echo(formats.as_csv(found), nl=False)
    else:
        click.echo(formats.as_table(found, Console().width))
