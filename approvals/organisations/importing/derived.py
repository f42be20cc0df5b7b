"""What follows from the statements, written where other rooms read it.

Each touched subject is worked out anew and compared with what stands; only differences are written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from app.clock import now
from app.database.bulk import insert_rows
from app.identifiers import new_id
from approvals.organisations.importing import differences, lineage, standing, statements
from approvals.organisations.importing.account import Difference
from approvals.organisations.importing.standing import (
    COLUMNS,
    PERIOD_COLUMNS,
    BelongingRow,
    PeriodRow,
)
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import (
    ORGANISATIONS,
    PERIODS,
    TRUST_LINKS,
    blocks,
)
from approvals.organisations.kinds import Kind
from approvals.organisations.register import codes
from approvals.organisations.register.timeline import (
    Streams,
    Timeline,
    group_timeline,
    newest_name,
    school_timeline,
)

_NEW_COLUMNS = tuple(column.name for column in ORGANISATIONS.columns if column.name != "id")
_AT_ONCE = 10_000
"""Subjects worked out and written in one go: bounds the memory of a national import."""


@dataclass
class Outcome:
    """What was different, and who closed by it (ids of organisations)."""

    differences: list[Difference] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def renew(
    connection: Connection,
    family: str,
    changes: Changes,
    days: Mapping[str, Sequence[date]],
    on: date,
) -> Outcome:
    """Works out anew what the file touched. `on` is the day of which differences speak."""
    outcome = Outcome()
    ids = standing.identifiers(connection)
    bodies = sorted(
        subject for subject in changes.touched if subject.startswith(("la:", "uid:", "urn:"))
    )
    for block in blocks(bodies, _AT_ONCE):
        found = dict(statements.streams(connection, family, changes, block))
        _renew_organisations(connection, found, days, on, ids, outcome)
    lineage.renew(connection, family, changes)
    return outcome


def _renew_organisations(
    connection: Connection,
    found: Mapping[str, Streams],
    days: Mapping[str, Sequence[date]],
    on: date,
    ids: dict[str, int],
    outcome: Outcome,
) -> None:
    timelines = {
        subject: timeline
        for subject, of_subject in found.items()
        if (timeline := timeline_of(subject, of_subject, days)) is not None
    }
    of_existing = [ids[subject] for subject in timelines if subject in ids]
    known = standing.organisations(connection, of_existing)
    _write_organisations(connection, timelines, known, ids)
    periods = standing.periods(connection, of_existing)
    belongings = standing.belongings(connection, of_existing)
    new_periods: dict[int, list[PeriodRow]] = {}
    new_belongings: dict[int, list[BelongingRow]] = {}
    for subject, timeline in timelines.items():
        identifier = ids[subject]
        after = [tuple(getattr(each, key) for key in PERIOD_COLUMNS) for each in timeline.periods]
        trusts = [
            (ids[f"uid:{each.uid}"], each.valid_from, each.valid_to, each.known_from)
            for each in timeline.belongings
        ]
        before = periods.get(identifier, [])
        trusts_before = belongings.get(identifier, [])
        if after != before:
            new_periods[identifier] = after
        if trusts != trusts_before:
            new_belongings[identifier] = trusts
        if after != before or trusts != trusts_before:
            changed = differences.between(subject, on, before, trusts_before, after, trusts)
            outcome.differences.extend(changed)
            if differences.closes(changed):
                outcome.closed.append(identifier)
    _remove(connection, PERIODS, periods.keys() & new_periods.keys())
    _remove(connection, TRUST_LINKS, belongings.keys() & new_belongings.keys())
    _add(connection, new_periods, new_belongings)


def timeline_of(
    subject: str, of_subject: Streams, days: Mapping[str, Sequence[date]]
) -> Timeline | None:
    """The timeline of a body that is an organisation; None for one that is not (a sponsor)."""
    prefix, _, identifier = subject.partition(":")
    if prefix == "la":
        name = newest_name(of_subject, days) or f"Local authority {identifier}"
        timeline = Timeline({"name": name, "la_code": identifier}, ())
        kind = Kind.LOCAL_AUTHORITY
    elif prefix == "uid":
        trust_type = _trust_type(of_subject)
        if trust_type is None:
            return None
        timeline = group_timeline(of_subject, days)
        is_multi = trust_type == codes.MULTI_ACADEMY_TRUST
        kind = Kind.MULTI_ACADEMY_TRUST if is_multi else Kind.SINGLE_ACADEMY_TRUST
    else:
        timeline = school_timeline(of_subject, days)
        kind = Kind.ESTABLISHMENT
    current = {
        **timeline.current,
        "kind": kind.value,
        "search_name": timeline.current["name"].casefold(),
    }
    if prefix != "la":
        current[prefix] = identifier
    return Timeline(current, timeline.periods, timeline.belongings)


def _trust_type(of_subject: Streams) -> str | None:
    """The newest type of a group that is, or was, an academy trust."""
    types = [
        (day, facts["type_code"])
        for words in of_subject.values()
        for day, facts in words
        if facts and facts.get("type_code") in codes.TRUST_TYPES
    ]
    return max(types)[1] if types else None


def _write_organisations(
    connection: Connection,
    timelines: Mapping[str, Timeline],
    known: Mapping[str, Mapping[str, Any]],
    ids: dict[str, int],
) -> None:
    """Adds and alters organisations; the new ones' ids are added to `ids`."""
    added: list[tuple[Any, ...]] = []
    moment = now()
    altered: list[dict[str, Any]] = []
    for subject, timeline in timelines.items():
        values = {name: timeline.current.get(name) for name in COLUMNS}
        row = known.get(subject)
        if row is None:
            given = {"key": subject, "public_id": new_id(), **values}
            given |= {"created_at": moment, "updated_at": moment}
            added.append(tuple(given[name] for name in _NEW_COLUMNS))
        elif any(row[name] != value for name, value in values.items()):
            altered.append({"this": row["id"], **values})
    insert_rows(connection, ORGANISATIONS, _NEW_COLUMNS, added)
    change = (
        update(ORGANISATIONS)
        .where(ORGANISATIONS.c.id == bindparam("this"))
        .values({name: bindparam(name) for name in COLUMNS} | {"updated_at": moment})
    )
    for block in blocks(altered):
        connection.execute(change, block)
    if added:
        newest = max(ids.values(), default=0)
        rows = connection.execute(
            select(ORGANISATIONS.c.key, ORGANISATIONS.c.id).where(ORGANISATIONS.c.id > newest)
        )
        ids.update((key, identifier) for key, identifier in rows)


def _remove(connection: Connection, table: Table, organisations: Collection[int]) -> None:
    if organisations:
        this = table.c.organisation_id == bindparam("this")
        connection.execute(delete(table).where(this), [{"this": each} for each in organisations])


def _add(
    connection: Connection,
    periods: Mapping[int, Sequence[PeriodRow]],
    belongings: Mapping[int, Sequence[BelongingRow]],
) -> None:
    insert_rows(
        connection,
        PERIODS,
        ("organisation_id", *PERIOD_COLUMNS),
        ((identifier, *row) for identifier, of_one in periods.items() for row in of_one),
    )
    insert_rows(
        connection,
        TRUST_LINKS,
        ("organisation_id", "trust_id", "valid_from", "valid_to", "known_from"),
        ((identifier, *row) for identifier, of_one in belongings.items() for row in of_one),
    )
