"""`secure-access serve`: the HTTP server."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.cli.listen_address import why_occupied
from app.cli.starting import checked_settings
from app.serving.allocator import with_allocator_settings


@click.command("serve")
@with_allocator_settings
@click.option("--check", is_flag=True, help="Check code and settings, and answer nothing.")
@with_appcontext
def serve_command(check: bool) -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped.

    SIGHUP reloads code and settings without a gap.
    """
    import structlog

    from app.serving import handover
    from app.serving.server import serve

    settings = checked_settings()
    if missing := settings.missing_facts():
        structlog.get_logger().warning("privacy page incomplete", unset=missing)
    if check:
        return
    reason = why_occupied(settings.bind, settings.port)
    if reason is not None and not handover.is_under_way():
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_PORT to another one."
        )
    serve("wsgi:create_app", settings)
