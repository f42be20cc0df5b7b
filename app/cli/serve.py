"""`secure-access serve`: the HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.commands import Program
from app.cli.listen_address import why_not
from app.cli.starting import checked_settings
from app.serving.allocator import with_allocator_settings

if TYPE_CHECKING:
    import socket

    from app.serving.handover import Predecessor
    from app.settings import AppSettings


@click.command("serve")
@with_allocator_settings
@click.option("--check", is_flag=True, help="Check code, settings and mails, and answer nothing.")
@click.make_pass_decorator(Program)
def serve_command(program: Program, check: bool) -> None:
    """Answer requests, in as many processes as SECURE_ACCESS_WORKERS says, until stopped.

    SIGHUP reloads code and settings without a gap.
    """
    from app import logs
    from app.serving import handover

    chosen = program.settings_to_serve()
    logs.include_libraries_and_exceptions()
    try:
        if check:
            handover.check_handover()
            _compose(program)
            _check_templates(program)
            return
        before = handover.predecessor()
    except handover.UnknownHandoverError:
        raise click.ClickException(
            "This version cannot take over from the running server. Stop that one, and start this."
        ) from None
    # Before the application is composed: until a worker accepts them, connections wait here.
    listening = _listen(chosen, before)
    settings = _compose(program)

    from app.serving.server import serve

    with program.load_app().app_context():
        serve("wsgi:create_app", settings, listening, before)


def _listen(settings: AppSettings, before: Predecessor | None) -> socket.socket:
    from app.serving.handover import listening_socket

    try:
        return listening_socket(settings, before)
    except OSError as error:
        reason = why_not(error, settings.bind, settings.port)
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_PORT to another one."
        ) from None


def _check_templates(program: Program) -> None:
    from app.web.template_check import why_unreadable

    if (sentence := why_unreadable(program.load_app())) is not None:
        raise click.ClickException(sentence)


def _compose(program: Program) -> AppSettings:
    """Compose the application, and log what its settings lack."""
    import structlog

    with program.load_app().app_context():
        settings = checked_settings()
        if missing := settings.missing_facts():
            structlog.get_logger().warning("privacy page incomplete", unset=missing)
    return settings
