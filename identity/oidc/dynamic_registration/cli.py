"""`secure-access registration-tokens`: who may register clients over HTTP, and which."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.choices import ChoiceOf
from app.cli.names import NAME
from app.cli.refusals import show_refusal


def _grant_types() -> tuple[str, ...]:
    from identity.oidc.token.endpoint import GRANT_TYPES

    return tuple(GRANT_TYPES)


def _profiles() -> tuple[str, ...]:
    from identity.oidc.clients.metadata import PROFILES

    return PROFILES


_GRANT_TYPE = ChoiceOf("grant type", _grant_types)
_PROFILE = ChoiceOf("profile", _profiles)


@click.group("registration-tokens")
def registration_tokens_group() -> None:
    """Manage tokens with which services register clients (RFC 7591)."""


@registration_tokens_group.command("issue")
@click.argument("note", type=NAME)
@click.option(
    "--service",
    "services",
    type=NAME,
    multiple=True,
    help="Service of the client.",
)
@click.option(
    "--scope",
    "wanted",
    type=NAME,
    multiple=True,
    help="Allowed scope; repeatable.",
)
@click.option("--grant-type", "grant_types", multiple=True, type=_GRANT_TYPE)
@click.option("--profile", type=_PROFILE, help="Required profile.")
@click.option(
    "--redirect-host", "hosts", type=NAME, multiple=True, help="Allowed host; repeatable."
)
@click.option("--uses", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, 90), default=14, show_default=True)
@with_appcontext
def issue(
    note: str,
    services: tuple[str, ...],
    wanted: tuple[str, ...],
    grant_types: tuple[str, ...],
    profile: str | None,
    hosts: tuple[str, ...],
    uses: int,
    days: int,
) -> None:
    """Issue a token; NOTE describes its recipient.

    The token is printed once, and its id on standard error. Without options it registers one client
    for sign-in, with the standard scopes and no service.
    """
    from app.typed_text import clean_text
    from identity.oidc import scopes
    from identity.oidc.dynamic_registration import tokens
    from identity.oidc.dynamic_registration.policy import PEOPLE, Policy
    from identity.ports import approvals

    set_current_actor(Actor.command("registration-tokens issue"))
    for service in services:
        if not approvals().service_exists(service):
            raise click.ClickException(f"There is no service {service}: load its file first.")
    for scope in wanted:
        if scope not in scopes.supported():
            raise click.ClickException(f"There is no scope {scope}.")
    policy = Policy(services, wanted or scopes.DEFAULT, grant_types or PEOPLE, profile, hosts)
    with show_refusal():
        note = clean_text(note, "NOTE")
    token, token_id = tokens.issue(note, policy, uses=uses, life=timedelta(days=days))
    click.echo(token)
    # Beside it, so that a script that takes the token takes nothing else.
    click.echo(f"Its id, to revoke it by: {token_id}", err=True)


@registration_tokens_group.command("list")
@with_appcontext
def list_tokens() -> None:
    """List the valid tokens."""
    from app.cli.tables import print_rows
    from identity.oidc.dynamic_registration import tokens
    from identity.oidc.dynamic_registration.policy import Policy

    rows = []
    for row in tokens.usable_tokens():
        policy = Policy.from_store(row.policy)
        rows.append(
            [
                row.public_id,
                row.note,
                " ".join(policy.services) or "–",
                " ".join(policy.scopes),
                str(row.uses_left),
                f"{row.expires_at:%Y-%m-%d %H:%M} UTC",
            ]
        )
    print_rows(["Id", "For", "Services", "Scopes", "Uses left", "Until"], rows)


@registration_tokens_group.command("revoke")
@click.argument("token_id", type=NAME)
@with_appcontext
def revoke(token_id: str) -> None:
    """Revoke a token. Clients that it registered stay."""
    from identity.oidc.dynamic_registration import tokens

    set_current_actor(Actor.command("registration-tokens revoke"))
    with show_refusal():
        tokens.revoke(token_id)
    click.echo("The token registers nothing more.")
