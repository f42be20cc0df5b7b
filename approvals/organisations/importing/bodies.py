"""Local authorities, dioceses and trusts that a file empties, or gives their first schools.

Their people see other schools afterwards, although no row of the file is about the body itself. A
local authority's schools are the state-funded ones, as in its remit.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from app.database.dated_rows import covers_sql
from approvals.organisations.importing import staging
from approvals.organisations.importing.report import Change, Difference
from approvals.organisations.importing.tables import (
    ORGANISATIONS,
    PERIODS,
    STATEMENTS,
    TRUST_LINKS,
    blocks,
)
from approvals.organisations.kinds import Kind
from approvals.organisations.register.codes import STATE_FUNDED_TYPES
from approvals.organisations.register.stated_facts import read_facts
from approvals.organisations.register.timeline import Period

_LABELS = {"la": "LA code", "diocese": "Diocese code", "uid": "UID"}
_MOST_NAMED = 5
"""Names that a line of the report lists at most."""


@dataclass
class Moves:
    """How many schools went from which body to which, by their keys; "" stands for none."""

    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(
        self, before: Period | None, trust_before: str, after: Period | None, trust_after: str
    ) -> None:
        """Count a school by what holds of it on the day before and after the import."""
        for old, new in zip(
            _bodies(before, trust_before), _bodies(after, trust_after), strict=True
        ):
            if old != new:
                self.numbers[old, new] += 1


def _bodies(period: Period | None, trust: str) -> tuple[str, str, str]:
    if period is None or not period.open:
        return "", "", ""
    authority = period.la_code if period.type_code in STATE_FUNDED_TYPES else None
    diocese = period.diocese_code
    return (
        f"la:{authority}" if authority else "",
        f"diocese:{diocese}" if diocese else "",
        trust,
    )


def schools_of(connection: Connection, on: date) -> dict[str, int]:
    """Return how many open schools each body has on a day; bodies without any are left out."""
    is_in_force = and_(PERIODS.c.open, covers_sql(PERIODS.c.valid_from, PERIODS.c.valid_to, on))
    is_state_funded = PERIODS.c.type_code.in_(sorted(STATE_FUNDED_TYPES))
    trusts = ORGANISATIONS.alias()
    links = (
        select(trusts.c.uid, func.count())
        .join_from(TRUST_LINKS, trusts, trusts.c.id == TRUST_LINKS.c.trust_id)
        .join(PERIODS, PERIODS.c.organisation_id == TRUST_LINKS.c.organisation_id)
        .where(is_in_force, covers_sql(TRUST_LINKS.c.valid_from, TRUST_LINKS.c.valid_to, on))
        .group_by(trusts.c.uid)
    )
    queries = {
        "la": _grouped_schools(PERIODS.c.la_code, and_(is_in_force, is_state_funded)),
        "diocese": _grouped_schools(PERIODS.c.diocese_code, is_in_force),
        "uid": links,
    }
    return {
        f"{prefix}:{code}": number
        for prefix, query in queries.items()
        for code, number in connection.execute(query)
        if code
    }


def _grouped_schools(
    code: ColumnElement[object], condition: ColumnElement[bool]
) -> Select[object, int]:
    """Return numbers of schools; dioceses added by hand have periods, too."""
    return (
        select(code, func.count())
        .join_from(PERIODS, ORGANISATIONS, ORGANISATIONS.c.id == PERIODS.c.organisation_id)
        .where(ORGANISATIONS.c.kind == Kind.ESTABLISHMENT, condition)
        .group_by(code)
    )


def differences(
    connection: Connection, moves: Moves, before: Mapping[str, int]
) -> list[Difference]:
    """Return the bodies that are emptied or new. `before` are the numbers of `schools_of`."""
    after: Counter[str] = Counter(before)
    gone: dict[str, Counter[str]] = defaultdict(Counter)
    came: dict[str, Counter[str]] = defaultdict(Counter)
    for (old, new), number in moves.numbers.items():
        after[old] -= number
        after[new] += number
        gone[old][new] += number
        came[new][old] += number
    emptied = [key for key in sorted(gone) if key and not after[key]]
    new_ones = [key for key in sorted(came) if key and not before.get(key) and after[key]]
    others = [other for key in emptied for other in gone[key]]
    others += [other for key in new_ones for other in came[key]]
    names = names_of(connection, {*emptied, *new_ones, *others})
    found = [
        Difference(
            Change.EMPTIED,
            label(key),
            names[key],
            _schools(before.get(key, 0)),
            _parts(gone[key], names, "closed or in none"),
        )
        for key in emptied
    ]
    for key in new_ones:
        detail = _schools(after[key])
        if came[key].keys() != {""}:
            detail += f" from {_parts(came[key], names, 'newly opened or in none')}"
        found.append(Difference(Change.NEW, label(key), names[key], "", detail))
    return found


def label(key: str) -> str:
    """Return the identifier as people know it: "LA code 909"."""
    prefix, _, code = key.partition(":")
    return f"{_LABELS[prefix]} {code}"


def _schools(number: int) -> str:
    return f"{number} school{'' if number == 1 else 's'}"


def _parts(numbers: Counter[str], names: Mapping[str, str], none: str) -> str:
    largest = numbers.most_common(_MOST_NAMED)
    parts = [
        f"{f'{names[key]} ({label(key)})' if key else none}: {number}" for key, number in largest
    ]
    if len(numbers) > len(largest):
        parts.append(f"and {len(numbers) - len(largest)} more")
    return ", ".join(parts)


def names_of(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Return the names of bodies by key, including staged ones: their own, else the newest.

    Dioceses are organisations only where somebody added them.
    """
    wanted = sorted(key for key in keys if key)
    names: dict[str, str] = {}
    for block in blocks(wanted):
        dioceses = [key for key in block if key.startswith("diocese:")]
        for table in (STATEMENTS, staging.NEW_STATEMENTS) if dioceses else ():
            rows = connection.execute(
                select(table.c.subject, table.c.facts)
                .where(table.c.subject.in_(dioceses))
                .order_by(table.c.stated_on)
            )
            names.update((row.subject, name) for row in rows if (name := _name(row.facts)))
        changed, new = staging.CHANGED_ORGANISATIONS.c, staging.NEW_ORGANISATIONS.c
        own = ORGANISATIONS.c
        for query in (
            select(own.key, own.name).where(own.key.in_(block)),
            select(own.key, changed.name).where(own.id == changed.id, own.key.in_(block)),
            select(new.key, new.name).where(new.key.in_(block)),
        ):
            names.update((row.key, row.name) for row in connection.execute(query))
    return {key: names.get(key, "without a name") for key in wanted}


def _name(facts: str | None) -> str | None:
    return read_facts(facts).get("name") or None if facts else None
