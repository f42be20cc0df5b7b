"""Checks of the rights and the version that `secure-access setup` needs of the database."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.engine import db

OLDEST_POSTGRESQL = 140_000


def missing_requirement() -> str | None:
    """Return a sentence on what is missing and how to get it, None where nothing is."""
    if db.engine.dialect.name == "sqlite":
        return _missing_of_sqlite()
    with db.engine.connect() as connection:
        role, schema, version, read_only = connection.execute(
            text(
                "SELECT current_user, current_schema(), "
                "current_setting('server_version_num')::int, "
                "current_setting('transaction_read_only')"
            )
        ).one()
        if version < OLDEST_POSTGRESQL:
            return f"PostgreSQL {version // 10_000} is too old: use 14 or newer."
        if read_only == "on":
            return "The database takes no writes: it is a standby, or set to read-only."
        if schema is None:
            return (
                f"The role {role} has no schema to create tables in: the schemas of its "
                "search_path do not exist, or it may not use them."
            )
        may_create = text("SELECT has_schema_privilege(current_user, :schema, 'CREATE')")
        if not connection.execute(may_create, {"schema": schema}).scalar_one():
            return (
                f"The role {role} may not create tables in the schema {schema}: run, as the owner "
                f'of the database, GRANT USAGE, CREATE ON SCHEMA "{schema}" TO "{role}".'
            )
    return None


def _missing_of_sqlite() -> str | None:
    name = db.engine.url.database
    if not name or name == ":memory:":
        return None
    path = Path(name)
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} for the database."
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            return f"{place} cannot be written by this user."
    return None


def reason(error: BaseException) -> str:
    """Return the database's own words for an error, in one line and without its parameters."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = str(original).strip().splitlines()
    return words[0].rstrip(".") if words else type(original).__name__
