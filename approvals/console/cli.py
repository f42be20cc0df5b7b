"""`secure-access operators`: the people who look after Secure Access itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.refusals import show_refusal
from identity.accounts.email_argument import EMAIL_ADDRESS
from identity.accounts.name_options import name_options

if TYPE_CHECKING:
    from identity.email_address import EmailAddress

_ADD = Actor.command("operators add")
_LIST = Actor.command("operators list")
_REMOVE = Actor.command("operators remove")


@click.group("operators")
def operators_cli() -> None:
    """Manage the operators of Secure Access."""


@operators_cli.command("add")
@click.argument("email", type=EMAIL_ADDRESS)
@name_options
@with_appcontext
def add(email: EmailAddress, given_name: str, family_name: str) -> None:
    """Invite EMAIL to be an operator."""
    from approvals.operators.actions import add_operator

    set_current_actor(_ADD)
    with show_refusal():
        operator = add_operator(email, given_name=given_name, family_name=family_name, actor=_ADD)
    click.echo(f"Invited {operator.email} as an operator.")


@operators_cli.command("remove")
@click.argument("email", type=EMAIL_ADDRESS)
@with_appcontext
def remove(email: EmailAddress) -> None:
    """End the appointment and the sessions of the operator EMAIL. All operators get a mail."""
    from approvals.operators.actions import remove_operator

    set_current_actor(_REMOVE)
    with show_refusal():
        operator = remove_operator(email, actor=_REMOVE)
    click.echo(f"{operator.email} is no longer an operator.")


@operators_cli.command("list")
@with_appcontext
def list_() -> None:
    """List the operators and the invited operators."""
    from app.audit import record_look_up
    from app.cli import tables
    from approvals.operators.actions import appointments

    set_current_actor(_LIST)
    rows = [
        (account.email, account.name, "suspended" if account.suspended else "active")
        if account is not None
        else (operator.email, "", "invited")
        for operator, account in appointments()
    ]
    record_look_up("console.operators_listed", found=len(rows))
    tables.print_rows(["Email address", "Name", "State"], rows)
