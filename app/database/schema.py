"""The schema and its migrations.

Alembic is imported where it runs: it is a seventh of what starting a command would cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from app.database.engine import db
from app.database.readiness import Readiness

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "head"


def upgrade(revision: str = NEWEST) -> None:
    """Bring the schema to a revision, the newest unless named. Does nothing where it is there."""
    from alembic import command

    command.upgrade(_config(), revision)


def downgrade(revision: str) -> None:
    """Take the schema back to an earlier revision."""
    from alembic import command

    command.downgrade(_config(), revision)


def schema_is_current() -> str | None:
    """Return a sentence where this version cannot use the database's schema.

    The schema of a newer version can be used unless its migrations say otherwise
    (`readiness.oldest_revision`), so that both versions can serve during an upgrade.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    newest = scripts.get_current_head() or ""
    present = MigrationContext.configure(db.session.connection()).get_current_revision()
    if present == newest:
        return None
    if present is None or present in {each.revision for each in scripts.walk_revisions()}:
        return "The database has another schema: run secure-access setup."
    oldest = db.session.scalar(select(Readiness.oldest_revision))
    if oldest is not None and oldest <= newest:
        return None
    return (
        f"The database is at revision {present}, which this version (revision {newest}) "
        "cannot use: run the release that set it up, or a newer one."
    )


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(current_app.root_path) / "migrations"))
    return config
