"""`secure-access serve`: the HTTP server."""

import click
import structlog
from flask.cli import with_appcontext

from app.cli.demo import refuse_to_serve_it
from app.cli.ports import occupied
from app.settings import settings
from app.unsafe_settings import warnings

log = structlog.get_logger()


@click.command("serve")
@with_appcontext
def serve_command() -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped."""
    from app.serving.server import serve  # other commands need no server

    refuse_to_serve_it()
    chosen = settings()
    for sentence in warnings(chosen):
        log.warning("unsafe setting", reason=sentence)
    if missing := chosen.missing_facts():
        log.warning("privacy page incomplete", unset=missing)
    reason = occupied(chosen.bind, chosen.port)
    if reason is not None:
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_PORT to another one."
        )
    serve("wsgi:create_app", chosen)
