"""`secure-access terms …`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.cli.dates import DAY
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from app.clock import now
from app.days import date_text

terms = AppGroup("terms", help="Terms of use of the platform and of services.")


@terms.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--service", type=NAME, help="Code of the service. Without it: the platform's own terms."
)
@click.option(
    "--from",
    "first_day",
    required=True,
    type=DAY,
    help="The day from which the version is in effect. Today means now; past days are rejected.",
)
@click.option(
    "--accept-again", is_flag=True, help="People must accept this version before they can continue."
)
def publish(file: Path, service: str | None, first_day: date, accept_again: bool) -> None:
    """Publish FILE, a Markdown text, as the next version."""
    from approvals.access_model import definitions
    from approvals.terms import actions
    from approvals.terms.due import owner

    set_current_actor(Actor.command("terms publish"))
    if service is not None and definitions.service(service, now()) is None:
        raise click.ClickException(
            f"There is no service with the code {service}. "
            "`secure-access services find` lists the codes."
        )
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text.") from error
    with show_refusal(f"{file}: "):
        version = actions.publish(
            text, service=service, first_day=first_day, accept_again=accept_again
        )
    click.echo(
        f"Terms of use of {owner(service, version.published_at)}: version {version.number}, "
        f"in effect from {date_text(version.takes_effect)}, sha256 {version.sha256}"
    )
    if version.accept_again:
        click.echo("Everybody has to accept it before going on.")
        if not accept_again:
            click.echo("(The first version always has to be accepted.)")
    else:
        click.echo("People who accepted an earlier version are asked at their next sign-in.")
