"""`secure-access` itself: what it lists, and what it says where the database is not ready."""

import os
import re
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

import click
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.cli import demo
from app.database import DatabaseBusy, is_unavailable
from app.database.requirements import reason
from app.health.checks import schema_is_current

OF_LIBRARIES = ("db", "limiter")
"""Commands that libraries add. They work, for developers; operators need `setup` alone."""


class Commands(FlaskGroup):
    """Each command is told by the first sentence of its help, all of it."""

    only_help = False
    """Whether the present call only shows help, which needs no setting and no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        # Here Flask would list its libraries' commands below a traceback: say what is not set.
        ctx.ensure_object(ScriptInfo).load_app()
        return [name for name in super().list_commands(ctx) if name not in OF_LIBRARIES]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        command = super().get_command(ctx, name)
        if command is not None:
            _tell_whole(command)
        return command

    def main(self, args: Sequence[str] | None = None, **more: Any) -> Any:  # type: ignore[override]
        """Run the command; what it writes to disk only its own user may read."""
        words = list(sys.argv[1:] if args is None else args)
        self.only_help = not words or "--help" in words
        before = os.umask(0o077)
        try:
            return super().main(args=words, **more)
        finally:
            os.umask(before)

    def invoke(self, ctx: click.Context) -> object:
        try:
            if not self.only_help:
                demo.tell(ctx.ensure_object(ScriptInfo).load_app())
            return super().invoke(ctx)
        except (DBAPIError, DatabaseBusy) as error:
            sentence = _explained(error, ctx.ensure_object(ScriptInfo))
            if sentence is None:
                raise
        raise click.ClickException(sentence)


def _explained(error: Exception, info: ScriptInfo) -> str | None:
    """Return what the database said, and what to do; None where the command itself is wrong."""
    try:
        with info.load_app().app_context():
            advice = schema_is_current()
    except (SQLAlchemyError, sqlite3.Error):
        return f"The database does not answer: {reason(error)}."
    if advice is None and not is_unavailable(error):
        return None
    said = f"The database says: {reason(error)}."
    return said if advice is None else f"{said} {advice}"


def _tell_whole(command: click.Command) -> None:
    if command.help and not command.short_help:
        words = " ".join(command.help.split())
        command.short_help = re.split(r"(?<=\.)\s", words, maxsplit=1)[0]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _tell_whole(each)
