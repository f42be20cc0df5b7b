"""`secure-access approvers`: the first approver of an organisation, outside the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from identity.accounts.email_argument import EMAIL_ADDRESS
from identity.accounts.name_options import name_options

if TYPE_CHECKING:
    from identity.email_address import EmailAddress

_ACTOR = Actor.command("approvers appoint")


@click.group("approvers")
def approvers_cli() -> None:
    """Manage the approvers of organisations."""


@approvers_cli.command("appoint")
@click.argument("email", type=EMAIL_ADDRESS)
@click.option(
    "--organisation",
    "identifier",
    required=True,
    type=NAME,
    help="Public id, URN, UID or key such as la:201 of the organisation.",
)
@name_options
@with_appcontext
def appoint(email: EmailAddress, identifier: str, given_name: str, family_name: str) -> None:
    """Appoint EMAIL as an approver of an organisation. A person who is no member is invited."""
    from approvals.memberships.actions import appoint_approver
    from approvals.organisations.cli import named_organisation

    organisation = named_organisation(identifier)
    set_current_actor(_ACTOR)
    with show_refusal():
        click.echo(appoint_approver(organisation, email, given_name, family_name, _ACTOR))
