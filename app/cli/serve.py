"""`secure-access serve`: the HTTP server."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.cli.listen_address import why_occupied
from app.cli.starting import checked_settings
from app.serving.allocator import with_allocator_settings


@click.command("serve")
@with_allocator_settings
@with_appcontext
def serve_command() -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped."""
    import structlog

    from app.serving.server import serve

    settings = checked_settings()
    if missing := settings.missing_facts():
        structlog.get_logger().warning("privacy page incomplete", unset=missing)
    reason = why_occupied(settings.bind, settings.port)
    if reason is not None:
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_PORT to another one."
        )
    serve("wsgi:create_app", settings)
