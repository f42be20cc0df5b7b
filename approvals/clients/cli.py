"""`secure-access clients check`: what the operators' page of that name shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from identity.accounts.email_argument import EMAIL_ADDRESS

if TYPE_CHECKING:
    from approvals.clients.check import Entering, Step
    from identity.email_address import EmailAddress


@click.command("check")
@click.argument("client_id", type=NAME)
@click.argument("email", type=EMAIL_ADDRESS)
@with_appcontext
def check_command(client_id: str, email: EmailAddress) -> None:
    """Simulate the sign-in of EMAIL to a client: each step, and the claims of the tokens.

    No session or token is created. The check is audited.
    """
    from approvals.clients import check
    from identity.oidc.clients import store

    set_current_actor(Actor.command("clients check"))
    client = store.find(client_id)
    if client is None:
        raise click.ClickException(f"There is no client {client_id}, or it is disabled.")
    with show_refusal():
        trial = check.try_person(client, email)
    click.echo(client.name)
    for step in check.of_client(client):
        _print_step(step)
    for name, text in check.requests_of(client):
        click.echo(f"\n{name}\n{text}")
    click.echo(f"\n{trial.account.name}")
    for step in trial.steps:
        _print_step(step)
    if not trial.entrances:
        click.echo(f"\nNo organisation gives {trial.account.name} anything here.")
    for each in trial.entrances:
        _print_entrance(each)


def _print_step(step: Step) -> None:
    click.echo(f"  {'Good' if step.good else 'Not yet':<7}  {step.name}: {step.finding}")


def _print_entrance(each: Entering) -> None:
    from approvals.clients import check

    if each.organisation:
        click.echo(f"\n{each.organisation}")
    if each.preview is None:
        click.echo("May not enter:")
        for reason in each.reasons:
            click.echo(f"  {reason}")
        return
    for name, claims in (
        ("ID token", each.preview.id_token),
        ("Access token", each.preview.access_token),
        ("Userinfo", each.preview.userinfo),
    ):
        click.echo(f"{name}\n{check.as_json(claims)}")
