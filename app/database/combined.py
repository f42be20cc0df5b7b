"""A unit of work as one statement of PostgreSQL: the claim, and the changes that hold with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from sqlalchemy import (
    BindParameter,
    Insert,
    Label,
    Update,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.sql.selectable import CTE
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from app.database.compiled import Change, ChildInsert, CompiledStatement

_ONE: Label[int] = literal_column("1").label("one")


def combined(claim: Change | None, changes: tuple[Change, ...]) -> Change:
    """Return the unit as one statement, which returns how many rows the claim changed, or 1."""
    parts = (claim, *changes)
    statement = _combine(None if claim is None else claim.statement, _statements(changes))
    return statement.with_values(
        **{
            f"{place}_{name}": value
            for place, part in enumerate(parts)
            if part is not None
            for name, value in part.values.items()
        }
    )


def _statements(changes: tuple[Change, ...]) -> tuple[CompiledStatement, ...]:
    return tuple(change.statement for change in changes)


@cache
def _combine(
    claim: CompiledStatement | None, changes: tuple[CompiledStatement, ...]
) -> CompiledStatement:
    """Return one statement that makes the changes if the claim changes its row.

    Its result is the number of rows that the claim changed, 1 without a claim. The parameters of
    the claim begin with `0_`, those of the first change with `1_`. A statement in WITH is executed
    once; the claim waits for another transaction that has changed its row, and checks its
    conditions on the new row (PostgreSQL, 7.8.2 and 13.2.1).
    """
    claimed = None
    if claim is not None:
        claimed = _with_prefix(claim, "0_").returning(_ONE).cte("claimed")
    children = {change.parent: change for change in changes if isinstance(change, ChildInsert)}
    made: list[CTE] = []
    parents: dict[CompiledStatement, CTE] = {}
    for place, change in enumerate(changes, 1):
        statement = _after_claim(change, claimed, parents, f"{place}_")
        if (child := children.get(change)) is not None:
            statement = statement.returning(child.parent_key, child.unique)
        made.append(statement.cte(f"change_{place}"))
        parents[change] = made[-1]
    counted = (
        select(_ONE) if claimed is None else select(func.count().label("rows")).select_from(claimed)
    )
    defaults = {
        f"{place}_{name}": default
        for place, part in enumerate((claim, *changes))
        if part is not None
        for name, default in part.defaults.items()
    }
    return CompiledStatement(counted.add_cte(*made), defaults)


def _with_prefix(part: CompiledStatement, prefix: str) -> Insert | Update:
    """Return the statement with other names of its parameters."""
    statement = part.statement
    if isinstance(statement, Insert):
        return statement.values(
            {name: _parameter(statement, name, prefix) for name in part.defaults}
        )

    def renamed(element: ExternallyTraversible, **_: object) -> BindParameter[object] | None:
        if isinstance(element, BindParameter) and element.required:
            return bindparam(prefix + element.key, type_=element.type, required=True)
        return None

    changed = replacement_traverse(statement, {}, renamed)
    if not isinstance(changed, Update):
        raise TypeError(f"a unit of work inserts or updates: {statement}")
    return changed


def _after_claim(
    part: CompiledStatement,
    claimed: CTE | None,
    parents: Mapping[CompiledStatement, CTE],
    prefix: str,
) -> Insert | Update:
    """Return the statement, made to change nothing unless the claim has its row."""
    if isinstance(part, ChildInsert):
        return _below_parent(part, parents[part.parent], prefix)
    changed = _with_prefix(part, prefix)
    if claimed is None:
        return changed
    has_row = exists(select(_ONE).select_from(claimed))
    if isinstance(changed, Update):
        return changed.where(has_row)
    statement = cast(Insert, part.statement)
    values = [_parameter(statement, name, prefix) for name in part.defaults]
    return statement.from_select(list(part.defaults), select(*values).where(has_row))


def _below_parent(part: ChildInsert, parent: CTE, prefix: str) -> Insert:
    """Return the statement with the key of its parent's row, which no table shows before the end.

    Without the parent's row it adds nothing.
    """
    statement = cast(Insert, part.statement)
    values = [_parameter(statement, name, prefix) for name in part.defaults]
    name = bindparam(f"{prefix}parent", type_=part.unique.type, required=True)
    row = select(*values, parent.c[part.parent_key.key]).where(parent.c[part.unique.key] == name)
    return insert(statement.table).from_select([*part.defaults, part.foreign_key], row)


def _parameter(statement: Insert, column: str, prefix: str) -> BindParameter[object]:
    return bindparam(prefix + column, type_=statement.table.columns[column].type, required=True)
