"""`secure-access requests`: requests for access that only a command on the server can decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal

if TYPE_CHECKING:
    from approvals.pending_decisions.models import PendingDecision

_APPROVE = Actor.command("requests approve")
_REJECT = Actor.command("requests reject")


@click.group("requests")
def requests_cli() -> None:
    """Decide requests for access that nobody but the asker could decide."""


@requests_cli.command("list")
@with_appcontext
def list_command() -> None:
    """List the requests that wait for this command."""
    from app.clock import now
    from approvals.access_requests.decider_queries import requests_without_decider

    for row in requests_without_decider(now()):
        click.echo(
            f"{row.decision.public_id}  {row.asker.name}, {row.asker.email}: {row.user_group} of "
            f"{row.service}, {row.organisation.name}"
        )


@requests_cli.command("approve")
@click.argument("request_id", type=NAME)
@click.option("--reason", type=NAME, required=True, help="Why the command decides. It is recorded.")
@with_appcontext
def approve_command(request_id: str, reason: str) -> None:
    """Approve the request REQUEST_ID, where no approver and no other operator can decide it."""
    from approvals.access_requests import actions

    set_current_actor(_APPROVE)
    with show_refusal():
        actions.approve(_request(request_id), _APPROVE, reason=_reason(reason))
    click.echo("The request is approved, and the person is told by email.")


@requests_cli.command("reject")
@click.argument("request_id", type=NAME)
@click.option("--reason", type=NAME, required=True, help="Reason, which is recorded and mailed.")
@with_appcontext
def reject_command(request_id: str, reason: str) -> None:
    """Reject the request REQUEST_ID, where no approver and no other operator can decide it."""
    from approvals.access_requests import actions

    set_current_actor(_REJECT)
    with show_refusal():
        actions.reject(_request(request_id), _REJECT, reason=_reason(reason))
    click.echo("The request is rejected, and the person is told by email.")


def _reason(text: str) -> str:
    from app.typed_text import LONGEST_REASON, clean_text

    return clean_text(text, "The reason", LONGEST_REASON)


def _request(public_id: str) -> PendingDecision:
    from approvals.access_requests.facts import by_public_id

    found = by_public_id(public_id)
    if found is None:
        raise click.ClickException(f"There is no request {public_id}.")
    return found
