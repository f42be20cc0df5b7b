"""Differences of two schemas that break a program written for the first one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect


@dataclass(frozen=True)
class Column:
    """A column as the database describes it."""

    kind: str
    length: int | None
    nullable: bool
    has_default: bool


@dataclass(frozen=True)
class Table:
    """A table: its columns by name, and its constraints as texts with the columns they bind."""

    columns: dict[str, Column]
    constraints: dict[str, frozenset[str]]


Schema = dict[str, Table]


def read_schema(connection: Connection) -> Schema:
    """Return the tables of the database."""
    inspector = inspect(connection)
    return {
        name: Table(
            {each["name"]: _column(each) for each in inspector.get_columns(name)},
            dict(_constraints(inspector, name)),
        )
        for name in inspector.get_table_names()
    }


def _column(found: Any) -> Column:
    kind = found["type"]
    return Column(
        type(kind).__name__,
        getattr(kind, "length", None),
        bool(found["nullable"]),
        found["default"] is not None or bool(found.get("primary_key")),
    )


def _constraints(inspector: Any, table: str) -> Iterator[tuple[str, frozenset[str]]]:
    columns = [each["name"] for each in inspector.get_columns(table)]
    for each in inspector.get_check_constraints(table):
        named = frozenset(name for name in columns if name in each["sqltext"])
        yield f"check ({each['sqltext']})", named
    for each in inspector.get_foreign_keys(table):
        bound = each["constrained_columns"]
        yield f"foreign key of {', '.join(bound)} to {each['referred_table']}", frozenset(bound)
    unique = [each["column_names"] for each in inspector.get_unique_constraints(table)]
    unique += [each["column_names"] for each in inspector.get_indexes(table) if each["unique"]]
    for names in unique:
        bound = [name or "an expression" for name in names]
        yield f"unique {', '.join(sorted(bound))}", frozenset(bound)


def contractions(before: Schema, after: Schema) -> list[str]:
    """Return what the second schema takes away from a program that knows the first one only.

    Such a program reads every table and column of the first schema, and writes rows without the
    columns that it does not know.
    """
    found: list[str] = []
    for name, table in before.items():
        if name not in after:
            found.append(f"table {name} is gone")
        else:
            found += [f"{name}: {each}" for each in _of_table(table, after[name])]
    return found


def _of_table(before: Table, after: Table) -> Iterator[str]:
    for name, column in before.columns.items():
        if name not in after.columns:
            yield f"column {name} is gone"
        else:
            yield from (f"column {name} {each}" for each in _of_column(column, after.columns[name]))
    added = after.columns.keys() - before.columns.keys()
    for name in sorted(added):
        if not after.columns[name].nullable and not after.columns[name].has_default:
            yield f"new column {name} needs a value"
    for text, bound in after.constraints.items():
        # A row without the new columns has their defaults, which a constraint on them accepts.
        if text not in before.constraints and not bound & added:
            yield f"new constraint: {text}"


def _of_column(before: Column, after: Column) -> Iterator[str]:
    if before.nullable and not after.nullable:
        yield "may no longer be null"
    if before.has_default and not after.has_default and not after.nullable:
        yield "has lost its default"
    if before.kind != after.kind:
        yield f"is {after.kind} in place of {before.kind}"
    elif after.length is not None and (before.length is None or after.length < before.length):
        yield f"is shorter: {after.length} in place of {before.length or 'any'}"
