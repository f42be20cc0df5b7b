"""The schema and its migrations.

Alembic is imported where it runs: it is a seventh of what starting a command would cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from app.database.engine import db

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
    """Return a sentence where the database has no tables yet, or those of another version."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_config()).get_current_head()
    present = MigrationContext.configure(db.session.connection()).get_current_revision()
    return (
        None if present == newest else "The database has another schema: run secure-access setup."
    )


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(current_app.root_path) / "migrations"))
    return config
