"""`secure-access approvers`: approvers appointed by a command on the server."""

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
_SENTENCES = {
    "APPOINTED": "{email} is now an approver for {organisation}.",
    "INVITED": "Invited {email} as an approver for {organisation}.",
    "WAITS": "Proposed {email} as an approver for {organisation}. "
    "The operator has to agree, on the organisation’s page.",
}


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
@click.option(
    "--reason", type=NAME, help="Why the command decides, with an operator. It is recorded."
)
@with_appcontext
def appoint(
    email: EmailAddress, identifier: str, given_name: str, family_name: str, reason: str | None
) -> None:
    """Appoint EMAIL as an approver of an organisation. A person who is no member is invited.

    Where one operator exists, the command and the operator decide together: each can propose, and
    the other agrees. Where there are several, they decide on the organisation's page.
    """
    from app.typed_text import LONGEST_REASON, clean_text
    from approvals.approver_proposals.actions import propose
    from approvals.approver_proposals.decisions import ProposedApprover
    from approvals.organisations.cli import named_organisation

    organisation = named_organisation(identifier)
    set_current_actor(_ACTOR)
    person = ProposedApprover(email.text, given_name, family_name)
    with show_refusal():
        if reason is not None:
            reason = clean_text(reason, "The reason", LONGEST_REASON)
        outcome = propose(organisation, person, _ACTOR, reason=reason)
    click.echo(_SENTENCES[outcome.name].format(email=email, organisation=organisation.name))
