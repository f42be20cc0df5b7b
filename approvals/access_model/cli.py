"""`secure-access services …` and `secure-access access …`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.cli.tables import show as show_table
from app.clock import end_of_day, now
from approvals.access_model import explain, loading, versions
from approvals.access_model.schema import UnusableFile
from approvals.organisations.models import Organisation


class Moment(click.ParamType[datetime]):
    """A moment in UTC. A day means its last moment; today means now."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no date: write 2026-11-23 or 2026-11-23T14:05", param, ctx)
        if len(value) > len("2026-11-23"):
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if moment.date() == now().date():
            return now()
        return end_of_day(moment.date()) - timedelta(microseconds=1)


MOMENT = Moment()

services = AppGroup("services", help="The services that people sign in to, and their user groups.")


@services.command("load")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def load(files: tuple[Path, ...]) -> None:
    """Load the access model of services from FILES. Loading a file again changes nothing."""
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
    for each in versions.services():
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


access = AppGroup("access", help="Who may enter which service, and why.")


@access.command("explain")
@click.argument("email")
@click.option("--service", required=True, help="Code of the service.")
@click.option("--organisation", help="Its name, public id, URN, UID or code.")
@click.option("--at", "at", type=MOMENT, help="Day, or moment in UTC. Now unless told.")
def explain_command(
    email: str, service: str, organisation: str | None, at: datetime | None
) -> None:
    """Say whether EMAIL may enter a service and, for each rule that refuses, why."""
    try:
        for line in explain.explain(email, service, _organisation(organisation), at or now()):
            click.echo(line)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _organisation(text: str | None) -> Organisation | None:
    if text is None:
        return None
    found = explain.find(text)
    if not found:
        raise click.ClickException(f"There is no organisation that goes by {text}.")
    if len(found) > 1:
        names = "".join(f"\n  {each.name}: {each.public_id}" for each in found)
        raise click.ClickException(f"Several organisations go by {text}; give a public id:{names}")
    return found[0]
