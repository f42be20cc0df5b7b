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
    from app.database.migration_locks import one_setup_at_a_time
    from app.database.requirements import missing_requirement
    from app.database.schema import why_not_set_up

    if (refusal := missing_requirement() or why_not_set_up()) is not None:
        raise click.ClickException(refusal)
    # The migrations have a connection of their own, and would wait for this one.
    db.session.remove()
    restrict_files()
    with one_setup_at_a_time():
        _migrate()
        return [("migrations", "the schema is current")] + [
            (step.name, step.run()) for step in SETUP_STEPS.values()
        ]


def _migrate() -> None:
    """Raise ClickException with the database's reason if a migration fails."""
    from sqlalchemy.exc import DBAPIError

    from app.database.failures import is_locked
    from app.database.requirements import reason
    from app.database.schema import upgrade

    try:
        upgrade()
    except DBAPIError as error:
        waited = "Another program holds a lock: end it, or wait. " if is_locked(error) else ""
        raise click.ClickException(
            f"The schema is not up to date. The database says: {reason(error)}. {waited}"
            "Then run secure-access setup again."
        ) from None


@click.command("setup")
@with_appcontext
def setup_command() -> None:
    """Bring the database to the current state: schema, signing keys, access model, terms."""
    for name, outcome in run_steps():
        click.echo(f"{name}: {outcome}")
