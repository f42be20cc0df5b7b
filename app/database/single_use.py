"""Claims of single-use values: one statement whose row count decides, before anything is issued.

There are two forms. A row that exists is claimed by a conditional UPDATE or DELETE:

    if not claim(update(Code).where(Code.id == code, Code.used_at.is_(None)).values(used_at=now())):
        return False

A value that has no row yet is claimed by an INSERT of its unique key (`insert_unless_present`).
Outside `writing()` the same statements are the claim of a unit of work (`unit_of_work.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from sqlalchemy import BindParameter, CursorResult, Integer, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import Delete, Update

from app.database import Base, Change, CompiledStatement, db
from app.database.transaction import require_writing


def claim(statement: Update | Delete | Change) -> bool:
    """Run a conditional statement about one row, and return whether it changed that row.

    The condition contains the state that was checked. True for exactly one of several callers, on
    whatever host. A later failure in the transaction gives the claim back. Objects that are loaded
    keep their old values.

    Raises NotWriting outside `writing()`, and ValueError where the statement matches several rows.
    """
    changed = statement.run() if isinstance(statement, Change) else rows_changed(statement)
    if changed > 1:
        raise ValueError(f"a claim is about one row, and this one changed {changed}")
    return changed == 1


@contextmanager
def unique_or(refusal: Exception) -> Iterator[None]:
    """Store the changes of the block, or raise `refusal` where another row has a unique value.

    Must run inside `writing()`, which the exception has to leave: the transaction is rolled back.
    """
    yield
    try:
        db.session.flush()
    except IntegrityError as error:
        raise refusal from error


def rows_changed(statement: Update | Delete) -> int:
    """Run the statement and return how many rows it changed. Raises NotWriting outside `writing()`.

    For statements about any number of rows. Objects that are loaded keep their old values.
    """
    require_writing(db.session())
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast(CursorResult[object], result).rowcount


def changed_any(statement: Update | Delete) -> bool:
    """Run the statement and return whether it changed a row. Raises NotWriting."""
    return rows_changed(statement) > 0


def account_parameter(account_id: int | None) -> BindParameter[int]:
    """Return the value to compare a column with: the same statement for known and unknown people.

    `column == None` would ask for the rows of nobody, of which there may be many (LG-02).
    """
    return bindparam(None, account_id, Integer())


class AddRow(Protocol):
    """Adds a row, whose columns are given by name, and returns whether its keys were free."""

    def __call__(self, **values: object) -> bool: ...


def insert_unless_present(table: type[Base]) -> AddRow:
    """Return a function that adds a row, its columns given by name, if its unique keys are free.

    The function returns whether it added the row: true for exactly one of several callers, on
    whatever host. It raises NotWriting outside `writing()`.
    """
    statement = insert_if_absent(table)

    def added(**values: object) -> bool:
        return claim(statement.with_values(**values))

    return added


def insert_if_absent(table: type[Base]) -> CompiledStatement:
    """Return the INSERT that adds a row if its key is free, and else changes nothing."""
    # Both databases have the clause, in the same words.
    return CompiledStatement(postgresql.insert(table).on_conflict_do_nothing())
