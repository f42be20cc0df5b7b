"""Composes Secure Access. The only place that knows all three floors.

`create_app` imports the modules that compose the application, so that the console script shows help
without it.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask

import app.commands
import approvals.commands
import identity.commands
from app.cli import demo
from app.cli.commands import Commands

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from approvals.settings import Settings

ROOT = Path(__file__).resolve().parent
DEMO_SETTINGS = ROOT / "instance" / "demo.env"
COMMANDS = (*app.commands.COMMANDS, *identity.commands.COMMANDS, *approvals.commands.COMMANDS)


class Unconfigured(click.ClickException):
    """Settings are missing or unsafe. Says, for each, what to set."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("\n".join(_sentence(fault) for fault in error.errors()))


def create_app(settings: Settings | None = None) -> Flask:
    """Return the whole service. Raises Unconfigured rather than start with unsafe settings."""
    demo_file = demo_settings() if settings is None else None
    settings = settings or _read_settings(demo_file or settings_file())

    import app.rooms
    import approvals.rooms
    import identity.rooms
    from app.composition import compose
    from app.settings import SETTINGS
    from app.web.application import Application
    from app.web.authorisation import require_a_rule_for_every_route

    flask = Application("wsgi", root_path=str(ROOT))
    if demo_file is not None:
        demo.mark(flask, demo_file)
    SETTINGS.replace(flask, settings)
    compose(flask, (*app.rooms.ROOMS, *identity.rooms.ROOMS, *approvals.rooms.ROOMS))
    require_a_rule_for_every_route(flask)
    for command in COMMANDS:
        flask.cli.add_command(command)
    return flask


def demo_settings() -> Path | None:
    """Return the file of the demo's settings where this process acts on the demo.

    It does in a checkout where the demo was made, unless SECURE_ACCESS_DATABASE_URL names the
    database: then every setting comes from the environment.
    """
    if os.environ.get("SECURE_ACCESS_DATABASE_URL") or not DEMO_SETTINGS.exists():
        return None
    return DEMO_SETTINGS


def settings_file() -> Path | None:
    """Return the file that SECURE_ACCESS_SETTINGS_FILE names, None if it is not set.

    A reload of the server reads it again. The environment takes precedence over it. Raises
    ClickException where it cannot be read.
    """
    named = os.environ.get("SECURE_ACCESS_SETTINGS_FILE")
    if not named:
        return None
    try:
        text = Path(named).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise click.ClickException(
            f"SECURE_ACCESS_SETTINGS_FILE names {named}, which cannot be read: {reason}."
        ) from None
    if (line := _unreadable_line(text)) is not None:
        raise click.ClickException(
            f"SECURE_ACCESS_SETTINGS_FILE names {named}, whose line {line} is not NAME=value."
        )
    return Path(named)


def _unreadable_line(text: str) -> int | None:
    """Return the number of the first line that the reader of settings would leave out."""
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            return binding.original.line
    return None


def settings_to_serve() -> Settings:
    """Return the settings of `serve`, which it needs before the application is composed.

    Raises ClickException where they would be the demo's in place of missing ones, and Unconfigured.
    """
    demo.refuse_to_serve(demo_settings())
    return _read_settings(settings_file())


def _read_settings(file: Path | None) -> Settings:
    from pydantic import ValidationError

    from approvals.settings import Settings

    try:
        return Settings(_env_file=file)  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        raise Unconfigured(error) from None


def _sentence(fault: ErrorDetails) -> str:
    name = "_".join(str(part) for part in fault["loc"] if isinstance(part, str)).upper()
    if fault["type"] == "missing":
        return f"Set SECURE_ACCESS_{name}."
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text if "SECURE_ACCESS_" in text else f"SECURE_ACCESS_{name}: {text}."


@click.group(
    cls=Commands, create_app=create_app, settings_to_serve=settings_to_serve, commands=COMMANDS
)
def cli() -> None:
    """Secure Access: identity federation and account approval."""
