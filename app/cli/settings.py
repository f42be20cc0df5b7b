"""`secure-access settings`: the reference of all settings, from the fields themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def reference() -> str:
    """Return a Markdown table of all settings, those that must be set first."""
    from app.settings import settings

    fields = type(settings()).model_fields
    rows = [
        f"| `SECURE_ACCESS_{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in sorted(fields.items(), key=lambda each: not each[1].is_required())
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    value = field.get_default(call_default_factory=True)
    return "none" if value in (None, [], "") else f"`{value}`"


@click.command("settings")
@with_appcontext
def settings_command() -> None:
    """Print every setting with its default and meaning, as a Markdown table."""
    click.echo(reference())
