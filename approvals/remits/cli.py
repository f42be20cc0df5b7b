"""`secure-access remits`: the schools of a body on any day."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import click
from flask.cli import AppGroup

from app.cli.choices import ChoiceOf
from app.cli.dates import MOMENT_NOT_IN_FUTURE
from app.cli.names import NAME
from app.clock import now
from app.days import in_words

remits_cli = AppGroup("remits", help="Schools that organisations may see, on any day.")


def _kinds() -> tuple[str, ...]:
    from approvals.remits.remit import kinds

    return kinds()


@remits_cli.command("show")
@click.argument("kind", type=ChoiceOf("kind", _kinds))
@click.argument("key", required=False, type=NAME)
@click.option(
    "--at",
    "at",
    type=MOMENT_NOT_IN_FUTURE,
    default=now,
    help="A date (its end in London), or a moment with Z or an offset. Now unless given.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
def show(kind: str, key: str | None, at: datetime, form: str) -> None:
    """List the schools of a remit, each with its basis.

    KIND and KEY are those of the claim `remit`: own and a URN, multi_academy_trust or
    single_academy_trust and a UID, local_authority and a code, diocese and a code, or all.
    """
    from app.cli.tables import print_rows as show_table
    from app.database import db, without_time_limit
    from approvals.organisations.names import name_on
    from approvals.remits.notes import notes
    from approvals.remits.remit import remit_of_key
    from approvals.remits.representation import as_json

    without_time_limit(db.session())
    remit = remit_of_key(kind, key, at)
    if remit is None:
        raise click.ClickException(_unknown(kind, key))
    if form == "json":
        click.echo(json.dumps(as_json(remit, remit.schools), indent=2, ensure_ascii=False))
        return
    rows = [[school.urn, school.name, school.basis] for school in remit.schools]
    if form == "csv":
        click.echo(_as_csv(rows), nl=False)
    else:
        schools = "1 school" if remit.count == 1 else f"{remit.count:,} schools"
        body = name_on(remit.organisation, remit.on) if remit.organisation else kind
        show_table(
            ["URN", "Name", "Basis"], rows, title=f"{body}: {schools} on {in_words(remit.on)}"
        )
    for note in notes(remit):
        click.echo(note, err=form == "csv")


def _unknown(kind: str, key: str | None) -> str:
    if kind in ("all", "training"):
        return f"The remit {kind} has no key: leave out {key}."
    if key is None:
        return f"Give the key of the remit {kind}, such as the one in the claim."
    return (
        f"No remit {kind} has the key {key}. `secure-access organisations find` finds "
        "organisations by name."
    )


def _as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["urn", "name", "basis"])
    writer.writerows(rows)
    return text.getvalue()
