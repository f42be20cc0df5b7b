"""`secure-access keys`: signing keys, by operators at the command line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from identity.oidc.keys.states import ALGS, State, state

if TYPE_CHECKING:
    from identity.oidc.models import SigningKey


@click.group("keys")
def keys_group() -> None:
    """Manage the keys that sign tokens."""


@keys_group.command("list")
@click.option("--all", "everything", is_flag=True, help="Include expired and withdrawn keys.")
@with_appcontext
def list_keys(everything: bool) -> None:
    """Show the keys: next, active, retired."""
    from app.cli.tables import print_rows
    from app.clock import now
    from identity.oidc.keys import actions

    rows = []
    for key in actions.everything():
        at = state(key, now())
        if everything or at not in {State.GONE, State.WITHDRAWN}:
            moments = (key.published_at, key.active_from, key.retired_at)
            rows.append([key.kid, key.alg, at.value, *map(_moment, moments)])
    print_rows(["Key", "Algorithm", "State", "Published", "Signs from", "Signs until"], rows)


@keys_group.command("rotate")
@click.option("--alg", type=click.Choice(ALGS), help="Only this algorithm's key.")
@click.option(
    "--now", "at_once", is_flag=True, help="Rotate even if verifiers may not know the next key yet."
)
@with_appcontext
def rotate(alg: str | None, at_once: bool) -> None:
    """Activate the next keys, and publish new ones to follow them. Verifiers do not notice."""
    from identity.oidc.keys import actions

    set_current_actor(Actor.command("keys rotate"))
    for key in actions.rotate([alg] if alg else ALGS, at_once=at_once):
        click.echo(_sentence(key))


@keys_group.command("retire")
@click.argument("kid", type=NAME)
@with_appcontext
def retire(kid: str) -> None:
    """Withdraw a compromised key at once, together with every token that it signed."""
    from identity.oidc.keys import actions

    set_current_actor(Actor.command("keys retire"))
    with show_refusal():
        key = actions.retire(kid)
    click.echo(f"The {key.alg} key {key.kid} is withdrawn; what it signed counts no more.")


def _sentence(key: SigningKey) -> str:
    from app.clock import now

    if state(key, now()) is State.ACTIVE:
        return f"The {key.alg} key {key.kid} signs now."
    return (
        f"The {key.alg} key {key.kid} begins to sign at {_moment(key.active_from)}, "
        "when every verifier's copy of the published keys has it."
    )


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value is not None else "–"
