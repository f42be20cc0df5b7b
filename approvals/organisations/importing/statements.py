"""The stored statements: loading the streams, adding those of a file, staging the changes.

Hot by size, not by frequency: plain statements, in blocks.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, func, select

from app.database.bulk import insert_rows
from approvals.organisations.importing import staging
from approvals.organisations.importing.report import RowCounts
from approvals.organisations.importing.tables import FILES, STATEMENTS, blocks
from approvals.organisations.register.layouts import NotARegisterFile
from approvals.organisations.register.parse_file import ParsedFile
from approvals.organisations.register.row import canonical
from approvals.organisations.register.stated_facts import StatedFacts, read_facts
from approvals.organisations.register.statement_log import StoredStatement, with_statement
from approvals.organisations.register.timeline import Streams

_WHOLE_TABLE = 5_000
_SUSPICIOUS_ABSENCE = 100
_TRUSTS = frozenset({"trust", "next_trust"})
_OF_TRUST = frozenset({"joined_on", "next_trust", "other_groups"})
_ABSENT = ""
"""No facts that a statement has: neither JSON nor None."""


@dataclass
class Changes:
    """How a file changes its family's streams, and which subjects have to be worked out anew."""

    before: dict[str, list[StoredStatement]]
    after: dict[str, list[StoredStatement]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    account: RowCounts = field(default_factory=RowCounts)


def complete_days(connection: Connection) -> dict[str, list[date]]:
    """Return the days of all complete files, by family, in order."""
    days: dict[str, list[date]] = defaultdict(list)
    rows = connection.execute(
        select(FILES.c.family, FILES.c.stated_on)
        .where(FILES.c.complete)
        .distinct()
        .order_by(FILES.c.stated_on)
    )
    for family, day in rows:
        days[family].append(day)
    return days


def changes_of(
    connection: Connection, parsed: ParsedFile, days: Mapping[str, Sequence[date]]
) -> Changes:
    """Add the statements of the file to the streams of its family, in memory.

    Raises NotARegisterFile where a file that calls itself complete lacks most of what is known.
    """
    changes = Changes(_streams_of_family(connection, parsed.family))
    absent = _absent(parsed, changes.before)
    newest = connection.scalar(
        select(func.max(FILES.c.stated_on)).where(FILES.c.family == parsed.family)
    )
    is_history = newest is not None and parsed.stated_on < newest
    family_days = days.get(parsed.family, [])
    classes: dict[str, str] = {}
    others = _stated_elsewhere(connection, parsed.family)
    new_statements: Iterable[tuple[str, str | None]] = [
        *parsed.statements.items(),
        *((subject, None) for subject in absent),
    ]
    for subject, facts in new_statements:
        before = changes.before.get(subject, [])
        facts = _with_omitted(facts, dict(before).get(parsed.stated_on))
        after = with_statement(
            before, parsed.stated_on, facts, family_days, complete=parsed.complete
        )
        if after is None:
            classes[subject] = "unchanged"
            in_force = max((d for d, _ in before if d <= parsed.stated_on), default=date.min)
            if others.get(subject, date.min) > in_force:
                changes.touched.add(subject)
            continue
        changes.after[subject] = after
        changes.touched.add(subject)
        classes[subject] = "history" if is_history else _class_of(before, facts)
    changes.account = _account(parsed, classes)
    return changes


def _with_omitted(facts: str | None, earlier: str | None) -> str | None:
    """Merge the facts with those of an earlier file of the day on points that this one omits."""
    if facts is None or earlier is None or facts == earlier:
        return facts
    said, kept = json.loads(facts), json.loads(earlier)
    if said.keys() & _TRUSTS:
        kept = {key: value for key, value in kept.items() if key not in _OF_TRUST}
    return canonical({**kept, **said})


def _class_of(before: Sequence[StoredStatement], facts: str | None) -> str:
    if not before:
        return "new"
    known = before[-1][1]
    if facts is None or known is None:
        return "changed"
    one, other = json.loads(known), json.loads(facts)
    same = all(one[key] == other[key] for key in one.keys() & other.keys())
    return "unchanged" if same else "changed"


def _account(parsed: ParsedFile, classes: Mapping[str, str]) -> RowCounts:
    account = RowCounts(read=parsed.rows, rejected=len(parsed.faults))
    for subject in parsed.subjects:
        name = classes[subject]
        setattr(account, name, getattr(account, name) + 1)
    return account


def _absent(parsed: ParsedFile, before: Mapping[str, Sequence[StoredStatement]]) -> list[str]:
    """Return subjects of the family that a complete file does not mention."""
    if not parsed.complete:
        return []
    absent = [
        subject
        for subject in before
        if subject not in parsed.statements and subject not in parsed.spared
    ]
    known = [subject for subject in before if _stated_before(before[subject], parsed.stated_on)]
    lost = sum(1 for subject in absent if _stated_before(before[subject], parsed.stated_on))
    if lost > _SUSPICIOUS_ABSENCE and lost * 2 > len(known):
        raise NotARegisterFile(
            f"{parsed.name} calls itself complete and lacks {lost} of the {len(known)} that the "
            "register knows. It looks like an excerpt or a file that was cut."
        )
    return absent


def _stated_before(stored: Sequence[StoredStatement], day: date) -> bool:
    until_day = [facts for stated, facts in stored if stated <= day]
    return bool(until_day) and until_day[-1] is not None


def _streams_of_family(connection: Connection, family: str) -> dict[str, list[StoredStatement]]:
    streams: dict[str, list[StoredStatement]] = {}
    rows = connection.execute(
        select(STATEMENTS.c.subject, STATEMENTS.c.stated_on, STATEMENTS.c.facts)
        .where(STATEMENTS.c.family == family)
        .order_by(STATEMENTS.c.subject, STATEMENTS.c.stated_on)
    )
    for subject, day, facts in rows:
        streams.setdefault(subject, []).append((day, facts))
    return streams


def _stated_elsewhere(connection: Connection, family: str) -> dict[str, date]:
    """Return the newest day with a statement of another family, by subject."""
    rows = connection.execute(
        select(STATEMENTS.c.subject, func.max(STATEMENTS.c.stated_on))
        .where(STATEMENTS.c.family != family)
        .group_by(STATEMENTS.c.subject)
    )
    return {row[0]: row[1] for row in rows}


def stage(connection: Connection, family: str, changes: Changes) -> None:
    """Stage the changed statements, a few thousand subjects at a time."""
    for block in blocks(sorted(changes.after), _WHOLE_TABLE):
        added: list[tuple[object, ...]] = []
        gone: list[tuple[object, ...]] = []
        for subject in block:
            old = dict(changes.before.get(subject, ()))
            new = dict(changes.after[subject])
            gone.extend((family, subject, day) for day in old if new.get(day, _ABSENT) != old[day])
            added.extend(
                (family, subject, day, facts)
                for day, facts in new.items()
                if old.get(day, _ABSENT) != facts
            )
        columns = staging.STATEMENT_COLUMNS
        insert_rows(connection, staging.OLD_STATEMENTS, columns[:3], gone)
        insert_rows(connection, staging.NEW_STATEMENTS, columns, added)
        connection.commit()


def parsed(stored: Sequence[StoredStatement]) -> list[tuple[date, StatedFacts | None]]:
    """Return the statements with their facts parsed from JSON."""
    return [(day, None if facts is None else read_facts(facts)) for day, facts in stored]


def streams(
    connection: Connection, family: str, changes: Changes, subjects: Collection[str]
) -> Iterator[tuple[str, Streams]]:
    """Yield every family's statements for each subject, the file's own included."""
    elsewhere = _other_families(connection, family, subjects)
    for subject in subjects:
        of_subject = elsewhere.get(subject, {})
        own = changes.after.get(subject) or changes.before.get(subject)
        if own:
            of_subject = {**of_subject, family: own}
        yield subject, {each: parsed(stored) for each, stored in of_subject.items()}


def _other_families(
    connection: Connection, family: str, subjects: Collection[str]
) -> dict[str, dict[str, list[StoredStatement]]]:
    found: dict[str, dict[str, list[StoredStatement]]] = {}
    query = (
        select(
            STATEMENTS.c.subject,
            STATEMENTS.c.family,
            STATEMENTS.c.stated_on,
            STATEMENTS.c.facts,
        )
        .where(STATEMENTS.c.family != family)
        .order_by(STATEMENTS.c.stated_on)
    )
    wanted = set(subjects)
    if len(wanted) > _WHOLE_TABLE:
        queries = [query]
    else:
        queries = [query.where(STATEMENTS.c.subject.in_(block)) for block in blocks(wanted)]
    for each in queries:
        for subject, other, day, facts in connection.execute(each):
            if subject in wanted:
                found.setdefault(subject, {}).setdefault(other, []).append((day, facts))
    return found
