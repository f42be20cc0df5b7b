"""`secure-access restored`: the one step after a backup was restored."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.actors import Actor, set_current_actor


@click.command("restored")
@with_appcontext
def restored_command() -> None:
    """End what a restored backup brought back: sessions, tokens, links, mail that was waiting.

    Run it with `serve` and `worker` stopped. Run again it finds nothing to end.
    """
    from app.after_restore import end_revived

    set_current_actor(Actor.command("restored"))
    outcome = end_revived()
    for what, number in outcome.ended.items():
        click.echo(f"{what}: {number} ended")
    if outcome.backup_ends is not None:
        click.echo(
            f"The backup ends at {outcome.backup_ends:%Y-%m-%d %H:%M} UTC. Repeat what was taken "
            "from people and services since then: docs/operators says what to look for."
        )
