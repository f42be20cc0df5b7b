"""The rows of the counters of wrong guesses, locked, read and written by compiled statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol, Self

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql

from app.database import CompiledQuery, CompiledStatement
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
    add: CompiledStatement
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
            # Locked in one order everywhere, so that two tries never deadlock.
            CompiledQuery(
                select(table).where(named).order_by(AttemptBucket.name).with_for_update()
            ),
            # Both databases have the clauses, in the same words.
            CompiledStatement(added.on_conflict_do_nothing(), {}),
            CompiledStatement(
                stored.on_conflict_do_update(
                    index_elements=[AttemptBucket.name],
                    set_={column: stored.excluded[column] for column in _COUNTED},
                ),
                {},
            ),
            CompiledStatement(delete(AttemptBucket).where(named)),
        )


_COUNTED = ("failures", "last_failure_at", "blocked_until")


def read(names: Sequence[str]) -> Mapping[str, Tally]:
    """Return the counters of these names that exist."""
    return _tallies(_Statements.about(len(names)).read.all(**_numbered(names)))


def lock(names: Sequence[str]) -> Mapping[str, Tally]:
    """Lock the counters of these names and return them. Must run inside `writing()`.

    Those that are missing are added. One that a purge deletes at this moment counts nothing.
    """
    # Sorted: rows that are added are locked as well.
    statements, numbered = _Statements.about(len(names)), _numbered(sorted(names))
    statements.add.run(**numbered)
    return dict.fromkeys(names, Tally()) | _tallies(statements.lock.all(**numbered))


def store(tallies: Mapping[str, Tally]) -> None:
    """Store counters that are locked. Must run inside `writing()`."""
    if not tallies:
        return
    values = _numbered(list(tallies))
    for place, tally in enumerate(tallies.values()):
        for column in _COUNTED:
            values[f"{column}_{place}"] = getattr(tally, column)
    _Statements.about(len(tallies)).store.run(**values)


def empty(names: Sequence[str]) -> None:
    """Delete the counters of these names. Must run inside `writing()`."""
    _Statements.about(len(names)).empty.run(**_numbered(names))


def _numbered(names: Sequence[str]) -> dict[str, object]:
    return {f"name_{place}": name for place, name in enumerate(names)}


def _tallies(rows: Sequence[_CountRow]) -> dict[str, Tally]:
    return {row.name: Tally(row.failures, row.last_failure_at, row.blocked_until) for row in rows}
