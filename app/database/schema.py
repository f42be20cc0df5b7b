"""The schema and its migrations.

Alembic is imported where it runs: it is a seventh of what starting a command would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import inspect, select

from app.database.base import Base
from app.database.engine import db
from app.database.migration_locks import migration_connection, retry_for_locks
from app.database.readiness import Readiness

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "head"
_TABLES_OF_EVERY_VERSION = frozenset({"account", "audit_event", "oidc_client"})


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
    if (sentence := _of_another_product(present, known)) is not None:
        return sentence
    if present is None or present in known:
        return "The database has another schema: run secure-access setup."
    oldest = db.session.scalar(select(Readiness.oldest_revision))
    if oldest is not None and oldest <= newest:
        return None
    return (
        f"The database is at revision {present}, which this version (revision {newest}) "
        "cannot use: run the release that set it up, or a newer one."
    )


def why_not_set_up() -> str | None:
    """Return a sentence if a newer version, or another product, has set the database up."""
    present, newest, known = _revisions()
    if (sentence := _of_another_product(present, known)) is not None:
        return sentence
    if present is None or present in known:
        return None
    return (
        f"A newer version has set this database up: it is at revision {present}, and this version "
        f"knows revisions up to {newest}. Run the setup of the newer version."
    )


def _of_another_product(present: str | None, known: set[str]) -> str | None:
    """Return a sentence where tables or the revision of another product are in the way."""
    if present in known:
        return None
    tables = set(inspect(db.session.connection()).get_table_names())
    taken = sorted(tables & Base.metadata.tables.keys())
    if tables >= _TABLES_OF_EVERY_VERSION or (present is None and not taken):
        return None
    found = f"the table {taken[0]}" if taken else f"the revision {present}"
    return (
        f"This database belongs to another product: it has {found}, which is not of Secure "
        "Access. Set SECURE_ACCESS_DATABASE_URL to an empty database."
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
