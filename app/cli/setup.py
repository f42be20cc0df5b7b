"""`secure-access setup`: brings a database to the present state. Run again it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click
from flask.cli import with_appcontext

from app.composition import ExtensionPoint


@dataclass(frozen=True)
class SetupStep:
    """A room's step of `setup`.

    `run` returns what it did, in a few words; run again it does nothing.
    """

    name: str
    run: Callable[[], str]


SETUP_STEPS = ExtensionPoint[SetupStep]("steps of setup", named=lambda step: step.name)


def run_steps() -> list[tuple[str, str]]:
    """Migrate, then run each room's step in the order of the rooms."""
    from app.database import db, restrict_files
    from app.database.requirements import missing_requirement
    from app.database.schema import schema_is_newer, upgrade

    if (refusal := missing_requirement() or schema_is_newer()) is not None:
        raise click.ClickException(refusal)
    # The migrations have a connection of their own, and would wait for this one.
    db.session.remove()
    restrict_files()
    upgrade()
    return [("migrations", "the schema is current")] + [
        (step.name, step.run()) for step in SETUP_STEPS.values()
    ]


@click.command("setup")
@with_appcontext
def setup_command() -> None:
    """Bring the database to the current state: schema, signing keys, access model, terms."""
    for name, outcome in run_steps():
        click.echo(f"{name}: {outcome}")
