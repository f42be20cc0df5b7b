"""`secure-access operators`: the people who look after Secure Access itself."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from identity.accounts.name_options import name_options

_ADD = Actor.command("operators add")
_LIST = Actor.command("operators list")
_REMOVE = Actor.command("operators remove")


@click.group("operators")
def operators_cli() -> None:
    """Manage the operators of Secure Access."""


@operators_cli.command("add")
@click.argument("email", type=NAME)
@name_options
@with_appcontext
def add(email: str, given_name: str, family_name: str) -> None:
    """Invite EMAIL to be an operator."""
    from approvals.operators.actions import add_operator

    set_current_actor(_ADD)
    try:
        operator = add_operator(email, given_name=given_name, family_name=family_name, actor=_ADD)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Invited {operator.email} as an operator.")


@operators_cli.command("remove")
@click.argument("email", type=NAME)
@with_appcontext
def remove(email: str) -> None:
    """End the appointment and the sessions of the operator EMAIL. All operators get a mail."""
    from approvals.operators.actions import remove_operator

    set_current_actor(_REMOVE)
    try:
        operator = remove_operator(email, actor=_REMOVE)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{operator.email} is no longer an operator.")


@operators_cli.command("list")
@with_appcontext
def list_() -> None:
    """List the operators and the invited operators."""
    from app.audit import record
    from app.cli import tables
    from app.database import writing
    from approvals.operators.actions import appointments

    set_current_actor(_LIST)
    rows = [
        (account.email, account.name, "active" if account.suspended_at is None else "suspended")
        if account is not None
        else (operator.email, "", "invited")
        for operator, account in appointments()
    ]
    with writing():
        record("console.operators_listed", found=len(rows))
    tables.print_rows(["Email address", "Name", "State"], rows)
