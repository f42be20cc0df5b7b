"""`secure-access operators`: the people who look after Secure Access itself."""

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from approvals.console.operators import add_operator
from identity.accounts.name_options import name_options

_ACTOR = Actor.command("operators add")


@click.group("operators")
def operators_cli() -> None:
    """The people who look after Secure Access itself."""


@operators_cli.command("add")
@click.argument("email", type=NAME)
@name_options
@with_appcontext
def add(email: str, given_name: str, family_name: str) -> None:
    """Invite EMAIL to be an operator."""
    set_current_actor(_ACTOR)
    try:
        operator = add_operator(email, given_name=given_name, family_name=family_name, actor=_ACTOR)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Invited {operator.email} as an operator.")
