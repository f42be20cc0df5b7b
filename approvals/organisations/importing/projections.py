"""Periods that follow from the statements: worked out anew, and staged where they differ.

Each touched subject is worked out anew and compared with what stands in the database; only
differences are staged (`staging`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter

from sqlalchemy import Connection, Table

from app.clock import now
from app.database.bulk import insert_rows
from app.identifiers import new_id
from approvals.organisations.importing import (
    bodies,
    current_rows,
    differences,
    lineage,
    staging,
    statements,
)
from approvals.organisations.importing.current_rows import COLUMNS, PERIOD_COLUMNS
from approvals.organisations.importing.differences import TrustRow
from approvals.organisations.importing.report import Change, Difference
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import blocks
from approvals.organisations.kinds import Kind
from approvals.organisations.models import search_name
from approvals.organisations.register import codes
from approvals.organisations.register.timeline import (
    Period,
    Streams,
    Timeline,
    group_timeline,
    newest_name,
    school_timeline,
)

_AT_ONCE = 10_000
"""Subjects worked out and staged in one go: bounds the memory of a national import."""
_PERIOD = attrgetter(*PERIOD_COLUMNS)
_WITHOUT_NAME = "Local authority {}"


@dataclass
class ProjectionChanges:
    """The differences, the ids of organisations that close by them, and the moves of schools."""

    differences: list[Difference] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    moves: bodies.Moves = field(default_factory=bodies.Moves)


class Renewal:
    """The consequences of one file. `on` is the day of which differences speak."""

    def __init__(
        self,
        connection: Connection,
        family: str,
        changes: Changes,
        days: Mapping[str, Sequence[date]],
        on: date,
    ) -> None:
        self._connection = connection
        self._family = family
        self._changes = changes
        self._days = days
        self._on = on
        self._ids = current_rows.identifiers(connection)
        self._keys = {identifier: key for key, identifier in self._ids.items()}
        self._known = set(self._ids)
        self._outcome = ProjectionChanges()

    def run(self) -> ProjectionChanges:
        """Stage what the file changes, block by block, each in a short transaction."""
        touched = sorted(self._changes.touched)
        subjects = [each for each in touched if each.startswith(("la:", "uid:", "urn:"))]
        for block in blocks(subjects, _AT_ONCE):
            self._stage(dict(self._streams(block)))
            self._connection.commit()
        self._report_dioceses([each for each in touched if each.startswith("diocese:")])
        lineage.stage(self._connection, self._family, self._changes)
        self._connection.commit()
        return self._outcome

    def _streams(self, subjects: Sequence[str]) -> Iterable[tuple[str, Streams]]:
        return statements.streams(self._connection, self._family, self._changes, subjects)

    def _stage(self, found: Mapping[str, Streams]) -> None:
        timelines = {
            subject: timeline
            for subject, of_subject in found.items()
            if (timeline := timeline_of(subject, of_subject, self._days)) is not None
        }
        self._known |= timelines.keys()
        of_existing = [self._ids[subject] for subject in timelines if subject in self._ids]
        known = current_rows.organisations(self._connection, of_existing)
        periods = current_rows.periods(self._connection, of_existing)
        belongings = current_rows.belongings(self._connection, of_existing)
        # Working out takes longer than reading: the read transaction ends before it.
        self._connection.commit()
        self._stage_organisations(timelines, known)
        new_periods: dict[str, Sequence[Period]] = {}
        new_trusts: dict[str, Sequence[TrustRow]] = {}
        for subject, timeline in timelines.items():
            identifier = self._ids.get(subject, 0)
            before = periods.get(identifier, [])
            trusts_before = [
                (self._keys[trust], valid_from, valid_to, known_from)
                for trust, valid_from, valid_to, known_from in belongings.get(identifier, ())
            ]
            after = list(timeline.periods)
            trusts = [
                (self._trust(each.uid), each.valid_from, each.valid_to, each.known_from)
                for each in timeline.belongings
            ]
            if after != before:
                new_periods[subject] = after
            if trusts != trusts_before:
                new_trusts[subject] = trusts
            if after != before or trusts != trusts_before:
                self._report(subject, before, trusts_before, after, trusts)
        self._write_periods(new_periods, periods.keys())
        self._write_trusts(new_trusts, belongings.keys())

    def _trust(self, uid: str) -> str:
        key = f"uid:{uid}"
        if key not in self._known:
            raise KeyError(key)
        return key

    def _report(
        self,
        subject: str,
        before: Sequence[Period],
        trusts_before: Sequence[TrustRow],
        after: Sequence[Period],
        trusts: Sequence[TrustRow],
    ) -> None:
        was = differences.on_day(before, trusts_before, self._on)
        becomes = differences.on_day(after, trusts, self._on)
        found = differences.between(subject, was, becomes)
        self._outcome.differences.extend(found)
        if differences.closes(found):
            self._outcome.closed.append(self._ids[subject])
        if subject.startswith("urn:"):
            self._outcome.moves.add(*was, *becomes)

    def _report_dioceses(self, subjects: Sequence[str]) -> None:
        """Report dioceses, which are no organisations until somebody adds them."""
        for subject, of_subject in self._streams(subjects):
            own = statements.parsed(self._changes.before.get(subject, ()))
            then = newest_name({**of_subject, self._family: own}, self._days)
            self._renamed(subject, then, newest_name(of_subject, self._days))

    def _renamed(self, subject: str, before: str | None, after: str | None) -> None:
        if before and after and before != after:
            self._outcome.differences.append(
                Difference(Change.RENAMED, bodies.label(subject), after, before, after)
            )

    def _stage_organisations(
        self, timelines: Mapping[str, Timeline], known: Mapping[str, Mapping[str, object]]
    ) -> None:
        added: list[tuple[object, ...]] = []
        altered: list[tuple[object, ...]] = []
        moment = now()
        for subject, timeline in timelines.items():
            current = timeline.current
            row = known.get(subject)
            if row is None:
                stamps = {"created_at": moment, "updated_at": moment}
                given = {**current, "key": subject, "public_id": new_id(), **stamps}
                added.append(tuple(map(given.get, staging.NEW_COLUMNS)))
            elif any(row[name] != current.get(name) for name in COLUMNS):
                altered.append((row["id"], *map(current.get, COLUMNS), moment))
                if subject.startswith("la:") and row["name"] != _placeholder(subject):
                    self._renamed(subject, str(row["name"]), current["name"])
        insert_rows(self._connection, staging.NEW_ORGANISATIONS, staging.NEW_COLUMNS, added)
        insert_rows(
            self._connection,
            staging.CHANGED_ORGANISATIONS,
            ("id", *COLUMNS, "updated_at"),
            altered,
        )

    def _write_periods(self, new: Mapping[str, Sequence[Period]], existing: Iterable[int]) -> None:
        self._remove(staging.OLD_PERIODS, new, existing)
        insert_rows(
            self._connection,
            staging.NEW_PERIODS,
            ("key", *PERIOD_COLUMNS),
            ((subject, *_PERIOD(row)) for subject, rows in new.items() for row in rows),
        )

    def _write_trusts(self, new: Mapping[str, Sequence[TrustRow]], existing: Iterable[int]) -> None:
        self._remove(staging.OLD_TRUST_LINKS, new, existing)
        insert_rows(
            self._connection,
            staging.NEW_TRUST_LINKS,
            ("key", "trust_key", "valid_from", "valid_to", "known_from"),
            ((subject, *row) for subject, rows in new.items() for row in rows),
        )

    def _remove(self, table: Table, subjects: Iterable[str], existing: Iterable[int]) -> None:
        known = set(existing)
        rows = ((self._ids.get(subject, 0),) for subject in subjects)
        insert_rows(
            self._connection, table, ("organisation_id",), (row for row in rows if row[0] in known)
        )


def _placeholder(subject: str) -> str:
    return _WITHOUT_NAME.format(subject.partition(":")[2])


def timeline_of(
    subject: str, of_subject: Streams, days: Mapping[str, Sequence[date]]
) -> Timeline | None:
    """Return the timeline of an organisation, or None for a body that is none (a sponsor)."""
    prefix, _, identifier = subject.partition(":")
    if prefix == "la":
        name = newest_name(of_subject, days) or _placeholder(subject)
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
    current = timeline.current.copy()
    current["kind"] = kind.value
    current["search_name"] = search_name(current["name"])
    if prefix == "uid":
        current["uid"] = identifier
    elif prefix == "urn":
        current["urn"] = identifier
    return Timeline(current, timeline.periods, timeline.belongings)


def _trust_type(of_subject: Streams) -> str | None:
    """Return the newest type of a group that is, or was, an academy trust."""
    types = [
        (day, facts["type_code"])
        for stated in of_subject.values()
        for day, facts in stated
        if facts and facts.get("type_code") in codes.TRUST_TYPES
    ]
    return max(types)[1] if types else None
