"""`secure-access organisations close` and `merge`, which end people's access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal

if TYPE_CHECKING:
    from approvals.organisations.models import Organisation

_CLOSE = Actor.command("organisations close")
_MERGE = Actor.command("organisations merge")


@click.command("close")
@click.argument("identifier", type=NAME)
@click.option("--yes", is_flag=True, help="Do not ask to confirm.")
@with_appcontext
def close_command(identifier: str, yes: bool) -> None:
    """Close an organisation that was added by hand, from today on, and end access through it."""
    from approvals.memberships.actions.merge import count_people
    from approvals.organisations.by_hand import close_organisation

    organisation = _changeable(identifier)
    click.echo(f"{_describe(organisation)} closes. {_people(count_people(organisation))} there.")
    _confirm("Close it?", yes=yes)
    set_current_actor(_CLOSE)
    with show_refusal():
        close_organisation(organisation, actor=_CLOSE)
    click.echo("It is closed, and all access through it has ended.")


@click.command("merge")
@click.argument("source", type=NAME)
@click.argument("target", type=NAME)
@click.option("--yes", is_flag=True, help="Do not ask to confirm.")
@with_appcontext
def merge_command(source: str, target: str, yes: bool) -> None:
    """Move the people of SOURCE to TARGET, with their access there, and close SOURCE."""
    from approvals.memberships.actions.merge import count_people, merge_organisations

    closing, remaining = _changeable(source), _changeable(target)
    click.echo(
        f"{_describe(closing)} is merged into {_describe(remaining)} and closes. "
        f"{_people(count_people(closing))} there."
    )
    _confirm("Merge them?", yes=yes)
    set_current_actor(_MERGE)
    with show_refusal():
        merged = merge_organisations(closing, remaining, actor=_MERGE)
    click.echo(
        f"{closing.name} is closed. {merged.moved} moved to {remaining.name}; {merged.already} "
        "belonged to both and keep what they have there."
    )


@click.command("at-risk")
@with_appcontext
def at_risk_command() -> None:
    """List the open organisations that have, or may soon have, no approver, with the reasons."""
    from app.clock import now
    from approvals.memberships.at_risk import REASONS, all_risks, count_risks

    at = now()
    counts = count_risks(at)
    for row in all_risks(at):
        click.echo(f"{row.organisation.name}, {row.organisation.hint}: {'; '.join(row.in_words)}")
    click.echo(f"Organisations at risk: {counts.total}")
    for reason, number in counts.by_reason.items():
        click.echo(f"  {REASONS[reason]}: {number}")


def _changeable(identifier: str) -> Organisation:
    from approvals.organisations.by_hand import check_changeable
    from approvals.organisations.cli import named_organisation

    organisation = named_organisation(identifier)
    with show_refusal():
        check_changeable(organisation)
    return organisation


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True)


def _describe(organisation: Organisation) -> str:
    return f"{organisation.name} ({organisation.hint}, {organisation.public_id})"


def _people(number: int) -> str:
    people = "1 person has" if number == 1 else f"{number} people have"
    return f"{people} access or an open invitation"
