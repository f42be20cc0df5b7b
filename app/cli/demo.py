"""Commands in a checkout where the demo was made act on the demo, and say so."""

from pathlib import Path

import click
from flask import Flask

from app.context import PerApplication

_settings_file = PerApplication[Path | None]("secure_access.demo_settings", lambda: None)


def mark(app: Flask, file: Path) -> None:
    """Note that the settings come from the demo's file."""
    _settings_file.replace(app, file)


def settings_file() -> Path | None:
    """Return the demo's file where the settings of the present application come from it."""
    return _settings_file()


def announce(app: Flask) -> None:
    """Write on standard error that a command acts on the demo, where it does."""
    if (file := _settings_file.of(app)) is not None:
        click.echo(f"This acts on the demo: its settings are in {file}.", err=True)


def refuse_to_serve(file: Path | None) -> None:
    """Raise if the settings come from the demo's file, in place of missing ones.

    `make demo` starts `serve` and `worker` with every setting in the environment.
    """
    if file is not None:
        raise click.ClickException(
            "Set SECURE_ACCESS_DATABASE_URL. Without it this would serve the demo of this "
            "checkout, which make demo does."
        )
