"""`secure-access setup`: brings a database to the present state. Run again it changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

_KEY = "secure_access.setup_steps"


def register_setup_step(app: Flask, name: str, step: Callable[[], str]) -> None:
    """Add a room's step of `setup`.

    The function returns what it did, in a few words; run again it does nothing.
    """
    steps: dict[str, Callable[[], str]] = app.extensions.setdefault(_KEY, {})
    steps[name] = step


def run_steps() -> list[tuple[str, str]]:
    """Migrate, then run each room's step in the order of registration."""
    from app.database import restrict_files
    from app.database.requirements import missing_requirement
    from app.database.schema import upgrade

    if (missing := missing_requirement()) is not None:
        raise click.ClickException(missing)
    restrict_files()
    upgrade()
    steps: dict[str, Callable[[], str]] = current_app.extensions.get(_KEY, {})
    return [("migrations", "the schema is current")] + [
        (name, step()) for name, step in steps.items()
    ]


@click.command("setup")
@with_appcontext
def setup_command() -> None:
    """Bring the database to the current state: schema, signing keys, access model, terms."""
    for name, outcome in run_steps():
        click.echo(f"{name}: {outcome}")
