"""`secure-access serve`: the HTTP server."""

import multiprocessing
from collections.abc import Callable
from typing import Any

import click
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from werkzeug.utils import import_string

from app.cli.ports import occupied
from app.cli.processors import settle_in
from app.settings import settings

LONGEST_HEAD = 16 * 1024
"""Of a request's line and headers together; longer ones are answered with 431."""


@click.command("serve")
@with_appcontext
def serve_command() -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped."""
    chosen = settings()
    reason = occupied(chosen.bind, chosen.port)
    if reason is not None:
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_PORT to another one."
        )
    Granian(
        "wsgi:create_app",
        address=chosen.bind,
        port=chosen.port,
        interface=Interfaces.WSGI,
        # One protocol towards the proxy: a second one is a second way to read a request.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=LONGEST_HEAD),
        workers=chosen.workers,
        blocking_threads=chosen.threads,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        workers_kill_timeout=30,
    ).serve(target_loader=_loader(chosen.workers))


def _loader(workers: int) -> Callable[[str], Any]:
    """What each worker makes its application with."""
    begun = multiprocessing.Value("i", 0)

    def load(factory: str) -> Any:
        with begun.get_lock():
            place = begun.value
            begun.value += 1
        settle_in(place, workers=workers)
        return import_string(factory)()

    return load
