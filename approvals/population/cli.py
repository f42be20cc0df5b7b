"""`secure-access population …`."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup

from app.actors import set_current_actor
from app.cli.refusals import show_refusal

population = AppGroup("population", help="Made-up people, for tests and demonstrations.")


@population.command("asp-2018")
def asp_2018_command() -> None:
    """Make the 62,195 people of the table published for 16 February 2018.

    They work in organisations of the right kind that were open on that day. Where fewer than 1,000
    schools are loaded, a made-up country is imported first. They cannot sign in.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from approvals.population import asp_2018

    set_current_actor(asp_2018.ACTOR)
    began = time.monotonic()
    console = Console()
    asp_2018.prepare(lambda line: console.print(line, highlight=False))
    columns = (TextColumn("people"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with show_refusal(), Progress(*columns, console=console) as bar:
        task = bar.add_task("people")
        made = asp_2018.fill(lambda done, all_: bar.update(task, completed=done, total=all_))
    if made:
        click.echo(f"{made:,} people made in {time.monotonic() - began:.1f} s")
    else:
        click.echo("The people are there already: nothing changed.")
