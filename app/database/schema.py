"""The schema and its migrations.

Alembic is imported where it runs: it is a seventh of what starting a command would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from app.database.engine import db
from app.database.migration_locks import migration_connection, retry_for_locks
from app.database.readiness import Readiness

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "head"


def upgrade(revision: str = NEWEST) -> None:
    """Bring the schema to a revision, the newest unless named. Does nothing where it is there."""
    from alembic import command

    _migrate(lambda config: command.upgrade(config, revision))


def downgrade(revision: str) -> None:
    """Take the schema back to an earlier revision."""
    from alembic import command

    _migrate(lambda config: command.downgrade(config, revision))


def schema_is_current() -> str | None:
    """Return a sentence where this version cannot use the database's schema.

    The schema of a newer version can be used unless its migrations say otherwise
    (`readiness.oldest_revision`), so that both versions can serve during an upgrade.
    """
    present, newest, known = _revisions()
    if present == newest:
        return None
    if present is None or present in known:
        return "The database has another schema: run secure-access setup."
    oldest = db.session.scalar(select(Readiness.oldest_revision))
    if oldest is not None and oldest <= newest:
        return None
    return (
        f"The database is at revision {present}, which this version (revision {newest}) "
        "cannot use: run the release that set it up, or a newer one."
    )


def schema_is_newer() -> str | None:
    """Return a sentence where a newer version has set the database up: this one cannot."""
    present, newest, known = _revisions()
    if present is None or present in known:
        return None
    return (
        f"A newer version has set this database up: it is at revision {present}, and this version "
        f"knows revisions up to {newest}. Run the setup of the newer version."
    )


def _migrate(run: Callable[[Config], None]) -> None:
    def attempt() -> None:
        with migration_connection() as connection:
            config = _config()
            config.attributes["connection"] = connection
            run(config)

    retry_for_locks(attempt)


def _revisions() -> tuple[str | None, str, set[str]]:
    """Return the database's revision, the newest of this version, and all that it knows."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    present = MigrationContext.configure(db.session.connection()).get_current_revision()
    known = {each.revision for each in scripts.walk_revisions()}
    return present, scripts.get_current_head() or "", known


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(current_app.root_path) / "migrations"))
    return config
