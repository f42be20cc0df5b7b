"""A refusal as the error of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.refusal import RefusalError


@contextmanager
def show_refusal() -> Iterator[None]:
    """End the command with the sentence of a refusal."""
    try:
        yield
    except RefusalError as error:
        raise click.ClickException(error.refusal.sentence) from error
