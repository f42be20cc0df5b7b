"""Statements whose row count decides: whatever is single-use is claimed by one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import BindParameter, CursorResult, Integer, bindparam, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Delete, Update

from app.database import Base, CompiledStatement, db


def rows_changed(statement: Update | Delete) -> int:
    """Run it inside `writing()`; how many rows it changed. Loaded objects are not looked at."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], result).rowcount


def account_parameter(account_id: int | None) -> BindParameter[int]:
    """Return the value to compare a column with: the same statement for known and unknown people.

    `column == None` would ask for the rows of nobody, of which there may be many (LG-02).
    """
    return bindparam(None, account_id, Integer())


def insert_unless_present(table: type[Base]) -> Callable[..., bool]:
    """Return a function that adds a row, its columns given by name, if its key is free.

    It says whether it did: true for exactly one caller, however many try at once.
    """
    key = inspect(table).primary_key[0]
    # PostgreSQL's driver counts no rows here, so the key that comes back decides.
    built = {
        "sqlite": CompiledStatement(sqlite.insert(table).on_conflict_do_nothing().returning(key)),
        "postgresql": CompiledStatement(
            postgresql.insert(table).on_conflict_do_nothing().returning(key)
        ),
    }

    def added(**values: Any) -> bool:
        return built[db.engine.dialect.name].added(**values) is not None

    return added
