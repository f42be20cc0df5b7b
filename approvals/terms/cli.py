"""`secure-access terms …`."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.clock import start_of_day
from approvals import access_model
from approvals.terms import actions
from approvals.terms.due import owner

terms = AppGroup("terms", help="Terms of use of the platform and of services.")


@terms.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--service", help="Code of the service. Without it: the platform's own terms.")
@click.option(
    "--from",
    "first_day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day from which the version is in effect.",
)
@click.option("--accept-again", is_flag=True, help="Nobody goes on without accepting this version.")
def publish(file: Path, service: str | None, first_day: datetime, accept_again: bool) -> None:
    """Publish FILE, a Markdown text, as the next version."""
    set_current_actor(Actor.command("terms publish"))
    if service is not None and access_model.service(service) is None:
        raise click.ClickException(f"There is no service with the code {service}.")
    try:
        version = actions.publish(
            file.read_text(encoding="utf-8"),
            service=service,
            effective_from=start_of_day(first_day.date()),
            accept_again=accept_again,
        )
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text.") from error
    except actions.NothingToPublish as error:
        raise click.ClickException(f"{file}: {error}") from error
    click.echo(
        f"Terms of use of {owner(service)}: version {version.number}, in effect from "
        f"{version.effective_from:%Y-%m-%d}, sha256 {version.sha256}"
    )
    if version.accept_again:
        click.echo("Everybody has to accept it before going on.")
        if not accept_again:
            click.echo("(The first version always has to be accepted.)")
    else:
        click.echo("Whoever accepted an earlier version is asked at the next sign-in.")
