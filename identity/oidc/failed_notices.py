"""Notices of sign-outs that failed for good: `secure-access notices failed` and `/readyz`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from app.cli.tables import show
from app.clock import now
from app.database import db
from app.restored import CAUSE
from identity.oidc.backchannel import KEPT
from identity.oidc.models import Client, LogoutNotice

# A notice that came back with a backup was withdrawn: it did not fail.
_GIVEN_UP = (LogoutNotice.state == "given up") & LogoutNotice.last_error.is_distinct_from(CAUSE)


@click.group("notices")
def notices_group() -> None:
    """Notices of sign-outs to services (back-channel logout)."""


@notices_group.command("failed")
@with_appcontext
def failed_command() -> None:
    """List the notices of the last 7 days that a service did not take."""
    rows = db.session.execute(
        select(LogoutNotice, Client.client_id, Client.name)
        .join(Client, Client.id == LogoutNotice.client_id)
        .where(_GIVEN_UP)
        .order_by(LogoutNotice.done_at, LogoutNotice.id)
    ).all()
    if not rows:
        click.echo("No notice has failed.")
        return
    show(
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


def failed_recently() -> str | None:
    """Return a sentence for `/readyz` where notices have failed in the last 7 days."""
    count = db.session.scalar(
        select(func.count())
        .select_from(LogoutNotice)
        .where(_GIVEN_UP, LogoutNotice.created_at > now() - KEPT)
    )
    if not count:
        return None
    notices = "1 notice of a sign-out" if count == 1 else f"{count:,} notices of sign-outs"
    return f"{notices} failed in the last 7 days: see secure-access notices failed."
