"""`secure-access worker`: the process beside `serve` that delivers mail and clears rows."""

from __future__ import annotations

import click
from flask.cli import ScriptInfo, pass_script_info, with_appcontext

from app.cli.starting import checked_settings


@click.command("worker")
@click.option("--once", is_flag=True, help="Do the work that is due now, then stop.")
@with_appcontext
@pass_script_info
def worker_command(info: ScriptInfo, once: bool) -> None:
    """Deliver mail and logout notices and delete expired rows, until stopped.

    Work in progress is finished first.
    """
    from app import logs, worker

    logs.include_libraries_and_exceptions()
    checked_settings()
    worker.run(info.load_app(), once=once)
