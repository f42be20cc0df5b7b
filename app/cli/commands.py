"""`secure-access` itself: its list of commands, and its messages where a command cannot run.

A command's module declares names, options and help alone, and imports what it works with inside
its functions. Help therefore needs no settings and no database, and nothing is composed for it.
"""

from __future__ import annotations

import gc
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from app.cli import demo

if TYPE_CHECKING:
    from app.settings import AppSettings


class Program(ScriptInfo):
    """The application of a command, and the settings of `serve` before it is composed."""

    def __init__(
        self, *, create_app: Callable[[], Flask], settings_to_serve: Callable[[], AppSettings]
    ) -> None:
        super().__init__(create_app=create_app, set_debug_flag=False)
        self.settings_to_serve = settings_to_serve


class Commands(click.Group):
    """The console script. The application is composed when the first command asks for it."""

    def __init__(
        self,
        *args: Any,
        create_app: Callable[[], Flask],
        settings_to_serve: Callable[[], AppSettings],
        commands: Iterable[click.Command],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._create_app = create_app
        self._settings_to_serve = settings_to_serve
        for command in commands:
            _describe_in_one_sentence(command)
            self.add_command(command)

    def main(self, args: Sequence[str] | None = None, **more: Any) -> Any:  # type: ignore[override]
        """Run the command; what it writes to disk only its own user may read."""
        before = os.umask(0o077)
        try:
            return super().main(args=args, **more)
        finally:
            os.umask(before)

    def invoke(self, ctx: click.Context) -> object:
        if ctx.obj is None:
            ctx.obj = Program(create_app=self._composed, settings_to_serve=self._settings_to_serve)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            sentence = _explain(error, ctx.ensure_object(ScriptInfo))
            if sentence is None:
                raise
        raise click.ClickException(sentence)

    def _composed(self) -> Flask:
        """Return the application; note on standard error where it acts on the demo."""
        # Objects that importing makes stay for ever. Collections that walk them, here and when the
        # process ends, are a third of what starting a command costs.
        gc.disable()
        app = self._create_app()
        gc.freeze()
        gc.enable()
        demo.announce(app)
        return app


def _explain(error: Exception, info: ScriptInfo) -> str | None:
    """Return what the database said, and what to do; None where the command itself is wrong."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from app.database import DatabaseBusy, is_unavailable
    from app.database.requirements import reason
    from app.database.schema import schema_is_current

    if not isinstance(error, (DBAPIError, DatabaseBusy)):
        return None
    try:
        with info.load_app().app_context():
            advice = schema_is_current()
    except (SQLAlchemyError, sqlite3.Error):
        return f"The database does not answer: {reason(error)}."
    if advice is None and not is_unavailable(error):
        return None
    said = f"The database says: {reason(error)}."
    return said if advice is None else f"{said} {advice}"


def _describe_in_one_sentence(command: click.Command) -> None:
    """Make lists of commands show the first sentence of each one's help, all of it."""
    if command.help and not command.short_help:
        words = " ".join(command.help.split())
        command.short_help = re.split(r"(?<=\.)\s", words, maxsplit=1)[0]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _describe_in_one_sentence(each)
