"""`secure-access serve`: the HTTP server."""

import click
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from app.settings import settings


@click.command("serve")
@with_appcontext
def serve_command() -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped."""
    chosen = settings()
    Granian(
        "wsgi:create_app",
        factory=True,
        address=chosen.bind,
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=chosen.workers,
        blocking_threads=chosen.threads,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        workers_kill_timeout=30,
    ).serve()
