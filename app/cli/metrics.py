"""`secure-access metrics`: the process that serves figures to Prometheus."""

from __future__ import annotations

import click
from flask.cli import ScriptInfo, pass_script_info, with_appcontext

from app.cli.listen_address import why_occupied


@click.command("metrics")
@with_appcontext
@pass_script_info
def metrics_command(info: ScriptInfo) -> None:
    """Serve the figures of this installation to Prometheus, until stopped."""
    import signal

    from prometheus_client import start_http_server

    from app.cli.metrics_registry import registry_of
    from app.settings import settings

    chosen = settings()
    if chosen.metrics_directory is None:
        raise click.ClickException(
            "Set SECURE_ACCESS_METRICS_DIRECTORY to the folder in which the processes count, for "
            "the server, the worker and this command alike."
        )
    reason = why_occupied(chosen.metrics_bind, chosen.metrics_port)
    if reason is not None:
        raise click.ClickException(
            f"{reason} Stop what listens there, or set SECURE_ACCESS_METRICS_PORT to another one."
        )
    chosen.metrics_directory.mkdir(parents=True, exist_ok=True)
    server, thread = start_http_server(
        chosen.metrics_port,
        addr=chosen.metrics_bind,
        registry=registry_of(info.load_app(), chosen.metrics_directory),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: server.shutdown())
    thread.join()
