"""`secure-access worker`: the process beside `serve` that delivers mail and clears rows."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.cli.starting import checked_settings


@click.command("worker")
@click.option("--once", is_flag=True, help="Do the work that is due now, then stop.")
@with_appcontext
def worker_command(once: bool) -> None:
    """Deliver mail and logout notices and delete expired rows, until stopped.

    Work in progress is finished first.
    """
    from app import worker

    checked_settings()
    worker.run(once=once)
