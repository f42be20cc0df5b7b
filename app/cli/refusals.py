"""A refusal as the error of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.refusal import RefusalError


@contextmanager
def show_refusal(before: str = "", after: str = "") -> Iterator[None]:
    """End the command with the sentence of a refusal, between two texts of the command's own."""
    try:
        yield
    except RefusalError as error:
        raise click.ClickException(f"{before}{error.refusal.sentence}{after}") from error
