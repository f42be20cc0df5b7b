"""Commands in a checkout where the demo was made act on the demo, and say so."""

from pathlib import Path

import click
from flask import Flask, current_app

_KEY = "secure_access.demo_settings"


def mark(app: Flask, settings_file: Path) -> None:
    """Note that the settings come from the demo's file."""
    app.extensions[_KEY] = settings_file


def announce(app: Flask) -> None:
    """Write on standard error that a command acts on the demo, where it does."""
    if _KEY in app.extensions:
        click.echo(f"This acts on the demo: its settings are in {app.extensions[_KEY]}.", err=True)


def refuse_to_serve() -> None:
    """Raise where `serve` or `worker` would take settings of the demo in place of missing ones.

    `make demo` starts both with every setting in the environment.
    """
    if _KEY in current_app.extensions:
        raise click.ClickException(
            "Set SECURE_ACCESS_DATABASE_URL. Without it this would serve the demo of this "
            "checkout, which make demo does."
        )
