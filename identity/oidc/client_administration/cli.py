"""`secure-access clients`: relying services, by operators at the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from identity.oidc.lifetimes import SECRET_OVERLAP

if TYPE_CHECKING:
    from identity.oidc.json_types import Registration, RegistrationResponse


@click.group("clients")
def clients_group() -> None:
    """Manage the clients of relying services."""


@clients_group.command("register")
@click.argument("file", type=click.File(encoding="utf-8"))
@with_appcontext
def register(file: TextIO) -> None:
    """Register clients from the metadata (RFC 7591) in FILE (- for standard input).

    FILE holds one client or a list. Print the registration responses, with the secrets, which are
    shown only once.
    """
    from app.database import writing
    from identity.oidc.client_administration import actions
    from identity.oidc.clients.metadata import InvalidMetadata
    from identity.oidc.token.endpoint import GRANT_TYPES

    set_current_actor(Actor.command("clients register"))
    metadata = _json(file)
    several = metadata if isinstance(metadata, list) else [metadata]
    registrations: list[Registration] = []
    faults: list[str] = []
    # All or none: a list with a mistake in it registers nothing.
    for position, each in enumerate(several, start=1):
        try:
            registrations.append(actions.checked(each, grant_types=tuple(GRANT_TYPES)))
        except InvalidMetadata as error:
            where = f"Client {position}: " if isinstance(metadata, list) else ""
            faults += [f"{where}{fault}" for fault in error.faults]
    if faults:
        raise click.ClickException("\n".join(faults))
    with writing():
        answers = [actions.add(registration) for registration in registrations]
    for each, answer in zip(several, answers, strict=True):
        _warn(each, answer)
    click.echo(json.dumps(answers if isinstance(metadata, list) else answers[0], indent=2))


@clients_group.command("list")
@with_appcontext
def list_clients() -> None:
    """Show all clients."""
    from app.cli.tables import print_rows as show_table
    from identity.oidc.client_administration import actions

    show_table(
        ["Client", "Name", "Service", "Authentication", "Grants", "State"],
        [
            [
                client.client_id,
                client.name,
                client.service or "–",
                client.registration["token_endpoint_auth_method"],
                ", ".join(client.registration["grant_types"]),
                "disabled" if client.disabled_at else "enabled",
            ]
            for client in actions.everyone()
        ],
    )


@clients_group.command("show")
@click.argument("client_id", type=NAME)
@with_appcontext
def show(client_id: str) -> None:
    """Print a client's registration as JSON, without its secret."""
    from identity.oidc.client_administration import actions

    with show_refusal():
        click.echo(json.dumps(actions.registration_response(actions.find(client_id)), indent=2))


@clients_group.command("update")
@click.argument("client_id", type=NAME)
@click.argument("file", type=click.File(encoding="utf-8"))
@with_appcontext
def update(client_id: str, file: TextIO) -> None:
    """Replace a client's registration by the metadata (RFC 7591) in FILE (- for standard input).

    Members that FILE omits get their defaults. The secret stays.
    """
    from identity.oidc.client_administration import actions
    from identity.oidc.clients.metadata import InvalidMetadata
    from identity.oidc.token.endpoint import GRANT_TYPES

    set_current_actor(Actor.command("clients update"))
    metadata = _json(file)
    try:
        with show_refusal():
            answer = actions.update(client_id, metadata, grant_types=tuple(GRANT_TYPES))
    except InvalidMetadata as error:
        raise click.ClickException("\n".join(map(str, error.faults))) from None
    if isinstance(metadata, dict):
        _warn(metadata, answer)
    click.echo(json.dumps(answer, indent=2))


@clients_group.command("enable")
@click.argument("client_id", type=NAME)
@with_appcontext
def enable(client_id: str) -> None:
    """Enable a disabled client. People have to sign in to it again."""
    from identity.oidc.client_administration import actions

    set_current_actor(Actor.command("clients enable"))
    with show_refusal():
        client = actions.enable(client_id)
    click.echo(f"{client.name} is enabled.")


@clients_group.command("disable")
@click.argument("client_id", type=NAME)
@with_appcontext
def disable(client_id: str) -> None:
    """Disable a client and end every token that it holds."""
    from identity.oidc.client_administration import actions

    set_current_actor(Actor.command("clients disable"))
    with show_refusal():
        client = actions.disable(client_id)
    click.echo(f"{client.name} is disabled; its tokens have ended.")


@clients_group.command("rotate-secret")
@click.argument("client_id", type=NAME)
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 24 * 30),
    default=SECRET_OVERLAP // timedelta(hours=1),
    show_default=True,
    help="Hours for which the old secret remains valid. Use 0 for a compromised secret.",
)
@with_appcontext
def rotate_secret(client_id: str, overlap_hours: int) -> None:
    """Issue a new secret for a client, shown once.

    The old one remains valid for a day, or for the given hours, so that the service loses no
    request.
    """
    from identity.oidc.client_administration import actions

    set_current_actor(Actor.command("clients rotate-secret"))
    with show_refusal():
        secret = actions.rotate_secret(client_id, overlap=timedelta(hours=overlap_hours))
    click.echo(json.dumps({"client_id": client_id, "client_secret": secret}, indent=2))


def _warn(metadata: Mapping[str, object], answer: RegistrationResponse) -> None:
    """Warn of ignored members: unknown ones (RFC 7591, 2) are mostly misspelt."""
    from identity.oidc.clients.metadata import LOCALISED
    from identity.oidc.clients.service_scopes import why_scopes_do_not_fit

    for member in sorted(metadata.keys() - answer.keys()):
        bare, _, language = member.partition("#")
        if metadata[member] is None or (bare in answer and language.lower() in {"en", "en-gb"}):
            continue
        why = _IGNORED.get(bare, "no such member is known")
        why = "pages are in English" if language and bare in LOCALISED else why
        click.echo(f"Warning: {member} was ignored: {why}.", err=True)
    misfit = why_scopes_do_not_fit(
        answer.get("service"), answer["scope"].split(), answer["grant_types"]
    )
    if misfit is not None:
        click.echo(f"Warning: {misfit}.", err=True)


_IGNORED = {"logo_uri": "pages show no picture from another server"}


def _json(file: TextIO) -> object:
    from app.strict_json import read_json

    try:
        return read_json(file.read())
    except ValueError as error:
        raise click.ClickException(f"{file.name} is not JSON: {error}.") from None
