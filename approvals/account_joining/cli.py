"""`secure-access accounts join`: the second decision where there is only one operator."""

from __future__ import annotations

import click

from app.actors import Actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal


@click.command("join")
@click.argument("joining", type=NAME)
@click.option("--reason", type=NAME, required=True, help="Reason, for the audit.")
def join_command(joining: str, reason: str) -> None:
    """Agree to join two accounts of a person, where there is only one operator.

    JOINING is the last part of the address of the page of the request.
    """
    from app.audit import record
    from app.database import writing
    from approvals.account_joining import actions
    from approvals.pending_decisions.decisions import Agreement

    actor = Actor.command("accounts join")
    with show_refusal(), writing():
        result = actions.agree_to_joining(joining, actor)
        record("account.joining_command", actor=actor, request=joining, reason=reason)
    done = result is Agreement.DECIDED
    click.echo("The accounts are joined." if done else "Agreed. An operator has to agree as well.")
