"""`secure-access services …` and `secure-access access …`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.cli.dates import MOMENT
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from app.clock import now
from identity.accounts.email_argument import EMAIL_ADDRESS

if TYPE_CHECKING:
    from approvals.organisations.models import Organisation
    from identity.email_address import EmailAddress

services = AppGroup("services", help="The services that people sign in to, and their user groups.")


@services.command("load")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def load(files: tuple[Path, ...]) -> None:
    """Load the access model of services from FILES. Loading a file again changes nothing."""
    from approvals.access_model import loading
    from approvals.access_model.schema import UnusableFile

    set_current_actor(Actor.command("services load"))
    try:
        outcomes = loading.load(files)
    except UnusableFile as error:
        raise click.ClickException("nothing was loaded.\n" + str(error)) from error
    for outcome in outcomes:
        said = "is now in force" if outcome.new else "was in force already, nothing changed"
        click.echo(f"{outcome.service}: version {outcome.number} {said}")
        for name in outcome.added:
            click.echo(f"{outcome.service}: added the organisation {name}")


@services.command("list")
def show() -> None:
    """List the services and their user groups as they are in force now."""
    from app.cli.tables import print_rows as show_table
    from approvals.access_model import versions

    for each in versions.service_versions(now()):
        definition = each.definition
        show_table(
            ["User group", "Schools", "Capabilities", "Held by"],
            [
                [
                    group.code,
                    group.schools,
                    ", ".join(group.capabilities),
                    ", ".join([*group.kinds, *group.organisations]),
                ]
                for group in definition.groups
            ],
            title=f"{definition.name} ({definition.code})",
        )


@services.command("find")
@click.argument("text", required=False, type=NAME)
def find(text: str | None) -> None:
    """Find services by words of their name or code; without TEXT, list all."""
    from app.cli.tables import print_rows as show_table
    from approvals.access_model import versions

    words = (text or "").casefold().split()
    found = [
        each.definition
        for each in versions.service_versions(now())
        if all(
            word in f"{each.definition.name} {each.definition.code}".casefold() for word in words
        )
    ]
    if not found:
        raise click.ClickException(f"No service matches {text}.")
    show_table(
        ["Code", "Name", "State"],
        [[each.code, each.name, "in use" if each.active else "not in use"] for each in found],
    )


access = AppGroup("access", help="Decisions about access, with their reasons.")


@access.command("explain")
@click.argument("email", type=EMAIL_ADDRESS)
@click.option("--service", required=True, type=NAME, help="Code of the service.")
@click.option("--organisation", type=NAME, help="Its name, public id, URN, UID or code.")
@click.option(
    "--at",
    "at",
    type=MOMENT,
    default=now,
    help="A date (its end in London), or a moment with Z or an offset. Now unless given.",
)
def explain_command(
    email: EmailAddress, service: str, organisation: str | None, at: datetime
) -> None:
    """Show whether EMAIL may enter a service, with the reason of each rule that refuses.

    A future moment is answered with the facts known today.
    """
    from app.audit import record
    from app.database import writing
    from approvals.decision import explain

    with show_refusal():
        for line in explain.explain(email, service, _organisation(organisation), at):
            click.echo(line)
    set_current_actor(Actor.command("access explain"))
    with writing():
        record("access.explained", what=email.text, of_service=service)


def _organisation(text: str | None) -> Organisation | None:
    from approvals.decision import explain

    if text is None:
        return None
    found = explain.find(text)
    if not found:
        raise click.ClickException(
            f"There is no organisation with the name or identifier {text}. "
            "`secure-access organisations find` finds organisations by name."
        )
    if len(found) > 1:
        names = "".join(f"\n  {each.name}: {each.public_id}" for each in found)
        raise click.ClickException(f"Several organisations match {text}; give a public id:{names}")
    return found[0]
