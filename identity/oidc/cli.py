"""`secure-access notices`: notices of sign-outs that services did not take."""

from __future__ import annotations

import click
from flask.cli import AppGroup

notices_group = AppGroup("notices", help="Logout notices to services (back-channel logout).")


@notices_group.command("failed")
def failed_command() -> None:
    """List the undelivered notices of the last 7 days."""
    from app.cli.tables import print_rows
    from identity.oidc.backchannel import failed_notices

    rows = failed_notices()
    if not rows:
        click.echo("No notice has failed.")
        return
    print_rows(
        ["Failed at", "Client", "Name", "Attempts", "Cause"],
        [
            [
                f"{notice.done_at:%Y-%m-%d %H:%M} UTC",
                client_id,
                name,
                str(notice.attempts),
                notice.last_error or "",
            ]
            for notice, client_id, name in rows
        ],
    )
