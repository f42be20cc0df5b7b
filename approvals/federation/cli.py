"""`secure-access sign-ins`: organisations' own OpenID providers."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal

if TYPE_CHECKING:
    from identity.upstream.models import Connection, Domain


@click.group("sign-ins")
def sign_ins_cli() -> None:
    """Connect organisations' own OpenID providers."""


@sign_ins_cli.command("connect")
@click.argument("issuer", type=NAME)
@click.option("--name", "name", required=True, type=NAME, help="Shown to people who sign in.")
@click.option("--client-id", required=True, type=NAME)
@click.option(
    "--organisation",
    "organisations",
    required=True,
    multiple=True,
    type=NAME,
    help="Id, URN or UID; a trust includes its schools. Can be repeated.",
)
@click.option("--trust-amr", is_flag=True, help="Accept the second factor that it names.")
@click.option("--forbid-passwords", is_flag=True, help="Its people may use no password here.")
@with_appcontext
def connect(
    issuer: str,
    name: str,
    client_id: str,
    organisations: tuple[str, ...],
    *,
    trust_amr: bool,
    forbid_passwords: bool,
) -> None:
    """Connect the provider ISSUER. Its client secret is read from the standard input."""
    from approvals.federation.organisations import public_ids
    from identity.upstream import connections, visits
    from identity.upstream.connections import ConnectionFacts

    set_current_actor(Actor.command("sign-ins connect"))
    secret = (
        click.prompt("Client secret", hide_input=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().strip()
    )
    with show_refusal():
        connection = connections.connect(
            ConnectionFacts(
                name=name,
                issuer=issuer,
                client_id=client_id,
                client_secret=secret,
                organisations=public_ids(organisations),
                amr_trusted=trust_amr,
                own_factors_forbidden=forbid_passwords,
            )
        )
    click.echo(f"Connected {connection.name}: {connection.public_id}")
    click.echo(f"Redirect URI: {visits.redirect_uri(connection)}")
    click.echo(f"Back-channel logout URI: {visits.logout_uri(connection)}")


@sign_ins_cli.command("list")
@with_appcontext
def list_() -> None:
    """List the connections."""
    from app.cli import tables
    from identity.upstream import queries

    tables.print_rows(
        ["Id", "Name", "Issuer", "People", "State"],
        [
            (
                row.connection.public_id,
                row.connection.name,
                row.connection.issuer,
                str(row.people),
                "in use" if row.connection.in_use else "switched off",
            )
            for row in queries.connections()
        ],
    )


@sign_ins_cli.command("check")
@click.argument("connection_id", type=NAME)
@with_appcontext
def check(connection_id: str) -> None:
    """Ask the provider of CONNECTION_ID and the name servers. The exit status is 1 for a fault."""
    from identity.upstream import connections

    set_current_actor(Actor.command("sign-ins check"))
    findings = connections.check(_connection(connection_id))
    for each in findings:
        click.echo(f"{'Good' if each.good else 'Not yet':<7}  {each.name}: {each.sentence}")
    if not all(each.good for each in findings):
        raise SystemExit(1)


@sign_ins_cli.command("add-domain")
@click.argument("connection_id", type=NAME)
@click.argument("domain", type=NAME)
@with_appcontext
def add_domain(connection_id: str, domain: str) -> None:
    """Add DOMAIN to the connection, and print the TXT record that proves it."""
    from identity.upstream import dns_proof, domains

    set_current_actor(Actor.command("sign-ins add-domain"))
    with show_refusal():
        added = domains.add(_connection(connection_id), domain)
    click.echo(
        f"{dns_proof.record_name(added.domain)} TXT {dns_proof.record_text(added.challenge)}"
    )


@sign_ins_cli.command("prove-domain")
@click.argument("connection_id", type=NAME)
@click.argument("domain", type=NAME)
@with_appcontext
def prove_domain(connection_id: str, domain: str) -> None:
    """Prove DOMAIN by its TXT record."""
    from identity.upstream import domains

    set_current_actor(Actor.command("sign-ins prove-domain"))
    with show_refusal():
        domains.prove(_domain(connection_id, domain))
    click.echo(f"{domain} is proven.")


@sign_ins_cli.command("remove-domain")
@click.argument("connection_id", type=NAME)
@click.argument("domain", type=NAME)
@with_appcontext
def remove_domain(connection_id: str, domain: str) -> None:
    """Remove DOMAIN from the connection."""
    from identity.upstream import domains

    set_current_actor(Actor.command("sign-ins remove-domain"))
    domains.remove(_domain(connection_id, domain))
    click.echo(f"{domain} is removed.")


@sign_ins_cli.command("switch-off")
@click.argument("connection_id", type=NAME)
@click.option(
    "--yes", is_flag=True, help="Leave organisations without an approver without confirmation."
)
@with_appcontext
def switch_off(connection_id: str, yes: bool) -> None:
    """Switch the connection off: sessions end, and its people's access waits for approvers.

    The command names the organisations that are left without an approver, and asks to confirm.
    """
    set_current_actor(Actor.command("sign-ins switch-off"))
    connection = _connection(connection_id)
    people = _switch_off(connection, yes=yes)
    click.echo(f"{connection.name} is switched off. People whose access waits: {people}.")


@sign_ins_cli.command("switch-on")
@click.argument("connection_id", type=NAME)
@with_appcontext
def switch_on(connection_id: str) -> None:
    """Switch the connection on again. Access that waits for approvers goes on waiting."""
    from identity.upstream import connections

    set_current_actor(Actor.command("sign-ins switch-on"))
    connection = _connection(connection_id)
    connections.switch_on(connection)
    click.echo(f"{connection.name} is switched on.")


def _switch_off(connection: Connection, *, yes: bool, accepted: Collection[str] = ()) -> int:
    from identity.ports import LeavesWithoutApprover
    from identity.upstream import connections

    try:
        return connections.switch_off(connection, accepted=accepted)
    except LeavesWithoutApprover as error:
        if not yes:
            click.echo(str(error))
            click.confirm("Switch the connection off all the same?", abort=True)
        return _switch_off(connection, yes=yes, accepted=[*accepted, *error.organisations])


def _connection(public_id: str) -> Connection:
    from identity.upstream import queries

    found = queries.connection(public_id)
    if found is None:
        raise click.ClickException(f"There is no connection {public_id}.")
    return found


def _domain(connection_id: str, name: str) -> Domain:
    found = next((each for each in _connection(connection_id).domains if each.domain == name), None)
    if found is None:
        raise click.ClickException(f"{name} was not added to this connection.")
    return found
