"""`--given-name` and `--family-name` of the commands that invite a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click

from app.cli.refusals import show_refusal
from identity.accounts.names import NO_NAME, clean_names


def name_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add both options. The command gets `given_name` and `family_name` cleaned.

    Without the options both are empty: the person enters their name when they join.
    """

    @click.option("--given-name", help="The person's first names.")
    @click.option("--family-name", help="The person's last name.")
    @wraps(command)
    def with_names(*, given_name: str | None, family_name: str | None, **arguments: object) -> None:
        with show_refusal():
            names = clean_names(given_name, family_name)
        if not any(names) and (given_name is not None or family_name is not None):
            raise click.ClickException(f"{NO_NAME}.")
        command(given_name=names[0], family_name=names[1], **arguments)

    return with_names
