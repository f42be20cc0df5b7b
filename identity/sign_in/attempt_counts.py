"""The rows of the counters of wrong guesses, locked, read and written by compiled statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol, Self

from sqlalchemy import bindparam, case, delete, false, null, or_, select, update
from sqlalchemy.dialects import postgresql

from app.database import Change, CompiledQuery, CompiledStatement, commit_unit
from app.database.single_use import insert_if_absent
from identity.sign_in.backoff import Tally
from identity.sign_in.models import AttemptBucket


class _CountRow(Protocol):
    name: str
    failures: int
    last_failure_at: datetime | None
    blocked_until: datetime | None


@dataclass(frozen=True)
class _Statements:
    """The statements about so many counters at once, their names in `name_0` and so on."""

    read: CompiledQuery[_CountRow]
    lock: CompiledQuery[_CountRow]
    store: CompiledStatement
    empty: CompiledStatement

    @classmethod
    @cache
    def about(cls, number: int) -> Self:
        """Return the statements, which are put together once."""
        table, places = AttemptBucket.__table__, range(number)
        named = AttemptBucket.name.in_([bindparam(f"name_{n}") for n in places])
        added = postgresql.insert(AttemptBucket).values(
            [{"name": bindparam(f"name_{n}"), "failures": 0} for n in places]
        )
        stored = postgresql.insert(AttemptBucket).values(
            [
                {"name": bindparam(f"name_{n}")}
                | {column: bindparam(f"{column}_{n}") for column in _COUNTED}
                for n in places
            ]
        )
        return cls(
            CompiledQuery(select(table).where(named)),
            # Both databases have the clauses, in the same words. A row that is there is changed to
            # what it is, which locks it.
            CompiledQuery(
                added.on_conflict_do_update(
                    index_elements=[AttemptBucket.name], set_={"failures": AttemptBucket.failures}
                ).returning(*table.columns),
                {},
            ),
            CompiledStatement(
                stored.on_conflict_do_update(
                    index_elements=[AttemptBucket.name],
                    set_={column: stored.excluded[column] for column in _COUNTED},
                ),
                {},
            ),
            CompiledStatement(delete(AttemptBucket).where(named)),
        )


@cache
def _refund(lowered: int, emptied: int) -> CompiledStatement:
    """Return the statement that lowers so many counters by one and empties so many others.

    `name_N` are all of them, `emptied_N` those that are emptied.
    """
    table = AttemptBucket
    added = postgresql.insert(table).values(
        [{"name": bindparam(f"name_{n}"), "failures": 0} for n in range(lowered + emptied)]
    )
    to_empty = or_(false(), *[table.name == bindparam(f"emptied_{n}") for n in range(emptied)])
    left = case((to_empty, 0), (table.failures > 0, table.failures - 1), else_=0)
    return CompiledStatement(
        added.on_conflict_do_update(
            index_elements=[table.name], set_={"failures": left, "blocked_until": null()}
        ),
        {},
    )


_COUNTED = ("failures", "last_failure_at", "blocked_until")
_ADD = insert_if_absent(AttemptBucket)
_REPLACE = CompiledStatement(
    update(AttemptBucket)
    .where(
        AttemptBucket.name == bindparam("bucket"),
        AttemptBucket.failures == bindparam("known"),
        AttemptBucket.last_failure_at.is_not_distinct_from(bindparam("known_at")),
    )
    .values({column: bindparam(f"new_{column}") for column in _COUNTED})
)


def read(names: Sequence[str]) -> Mapping[str, Tally]:
    """Return the counters of these names that exist."""
    return _tallies(_Statements.about(len(names)).read.all(**_numbered(names)))


def lock(names: Sequence[str]) -> Mapping[str, Tally]:
    """Lock the counters of these names and return them. Must run inside `writing()`.

    Those that are missing are added. A purge deletes none of them until the commit.
    """
    # In one order everywhere, so that two tries never deadlock.
    numbered = _numbered(sorted(names))
    return _tallies(_Statements.about(len(names)).lock.all(**numbered))


def replace(known: Mapping[str, Tally], counted: Mapping[str, Tally]) -> bool:
    """Store counters as a unit of work, and return False where another try came in between.

    known: the counters as they were read, without those that do not exist. The first of the names
    is claimed. Each try that counts under one of the other names counts under that one as well.
    """
    first, *others = [
        _replacement(name, known.get(name), counted[name]) for name in sorted(counted)
    ]
    return commit_unit(*others, claim=first)


def _replacement(name: str, known: Tally | None, counted: Tally) -> Change:
    values = {column: getattr(counted, column) for column in _COUNTED}
    if known is None:
        return _ADD.with_values(name=name, **values)
    new = {f"new_{column}": value for column, value in values.items()}
    return _REPLACE.with_values(
        bucket=name, known=known.failures, known_at=known.last_failure_at, **new
    )


def store(tallies: Mapping[str, Tally]) -> None:
    """Store counters that are locked. Must run inside `writing()`."""
    if not tallies:
        return
    values = _numbered(list(tallies))
    for place, tally in enumerate(tallies.values()):
        for column in _COUNTED:
            values[f"{column}_{place}"] = getattr(tally, column)
    _Statements.about(len(tallies)).store.run(**values)


def refund(lowered: Sequence[str], emptied: Sequence[str]) -> None:
    """Take one failure from the counters `lowered` and all from `emptied`, and end their waits.

    Must run inside `writing()`.
    """
    names = _numbered(sorted([*lowered, *emptied]))
    values = {f"emptied_{place}": name for place, name in enumerate(emptied)}
    _refund(len(lowered), len(emptied)).run(**names, **values)


def empty(names: Sequence[str]) -> None:
    """Delete the counters of these names. Must run inside `writing()`."""
    _Statements.about(len(names)).empty.run(**_numbered(names))


def _numbered(names: Sequence[str]) -> dict[str, object]:
    return {f"name_{place}": name for place, name in enumerate(names)}


def _tallies(rows: Sequence[_CountRow]) -> dict[str, Tally]:
    return {row.name: Tally(row.failures, row.last_failure_at, row.blocked_until) for row in rows}
