"""Since when it is known whether a body was open, or had a school, on a day.

Periods follow from all files that were imported. A file imported later may say something else of a
day that has passed; access on that day followed what was known then.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.clock import day_of
from app.database import db
from app.database.dated_rows import covers
from approvals.organisations.importing.projections import timeline_of
from approvals.organisations.importing.tables import blocks
from approvals.organisations.models import Organisation, RegisterFile, RegisterStatement
from approvals.organisations.register.stated_facts import StatedFacts, read_facts
from approvals.organisations.register.timeline import Period, Timeline

CLOSING_EVENTS = ("organisation.closed", "organisation.merged")
State = Callable[[Timeline, date], bool | None]
"""Whether something held on a day by a timeline; None where the timeline does not cover it."""
_AT_ONCE = 500


@dataclass(frozen=True)
class LearnedOpenness:
    """The present state of a past day is known since `since`; `earlier` is what counted before.

    `earlier` is none where nothing was known of the body before.
    """

    since: datetime
    earlier: bool | None


def learned_openness(organisation: Organisation, day: date) -> LearnedOpenness | None:
    """Return since when it is known that the body was open, or closed, on the day.

    None for a body of which no register file speaks, and that was not closed by hand on the day.
    """
    if organisation.facts.by_hand:
        return _closed_by_hand(organisation, day)
    return learned([organisation.key], day, _is_open).get(organisation.key)


def learned(keys: Sequence[str], day: date, state: State) -> dict[str, LearnedOpenness]:
    """Return since when the present state of each body on the day is known, by register key.

    Bodies of which no register file speaks are left out.
    """
    imported, complete_days = _import_moments(), cache(_complete_days)
    found: dict[str, LearnedOpenness] = {}
    for some in blocks(keys, _AT_ONCE):
        for key, statements in _statements_by_body(some, imported).items():
            states: list[tuple[datetime, bool]] = []
            for moment, timeline in _timelines(key, statements, complete_days):
                then = state(timeline, day)
                if then is not None and (not states or states[-1][1] != then):
                    states.append((moment, then))
            if states:
                earlier = states[-2][1] if len(states) > 1 else None
                found[key] = LearnedOpenness(states[-1][0], earlier)
    return found


def period_on(timeline: Timeline, day: date) -> Period | None:
    """Return what held on the day by a timeline."""
    return next(
        (each for each in timeline.periods if covers(each.valid_from, each.valid_to, day)), None
    )


def was_imported_by(moment: datetime) -> bool:
    """Return whether the register held any file at the moment."""
    first = db.session.scalar(select(func.min(RegisterFile.imported_at)))
    return first is not None and first <= moment


def _closed_by_hand(organisation: Organisation, day: date) -> LearnedOpenness | None:
    """Return what a closure by hand says: it counts for the whole day on which it was made."""
    at = db.session.scalar(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.organisation == organisation.public_id,
            AuditEvent.event.in_(CLOSING_EVENTS),
        )
    )
    return LearnedOpenness(at, earlier=True) if at is not None and day_of(at) == day else None


def _import_moments() -> dict[tuple[str, date], datetime]:
    rows = db.session.execute(
        select(
            RegisterFile.family, RegisterFile.stated_on, func.min(RegisterFile.imported_at)
        ).group_by(RegisterFile.family, RegisterFile.stated_on)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _complete_days(moment: datetime) -> dict[str, list[date]]:
    days: dict[str, list[date]] = {}
    for family, day in db.session.execute(
        select(RegisterFile.family, RegisterFile.stated_on)
        .where(RegisterFile.complete, RegisterFile.imported_at <= moment)
        .distinct()
        .order_by(RegisterFile.stated_on)
    ):
        days.setdefault(family, []).append(day)
    return days


def _statements_by_body(
    keys: Sequence[str], imported: Mapping[tuple[str, date], datetime]
) -> dict[str, list[tuple[RegisterStatement, datetime]]]:
    """Return each body's statements in the order of their days, with their imports' moments."""
    statements: dict[str, list[tuple[RegisterStatement, datetime]]] = defaultdict(list)
    for row in db.session.scalars(
        select(RegisterStatement)
        .where(RegisterStatement.subject.in_(keys))
        .order_by(RegisterStatement.stated_on)
    ):
        moment = imported.get((row.family, row.stated_on))
        if moment is not None:
            statements[row.subject].append((row, moment))
    return statements


def _timelines(
    key: str,
    statements: Sequence[tuple[RegisterStatement, datetime]],
    complete_days: Callable[[datetime], dict[str, list[date]]],
) -> Iterable[tuple[datetime, Timeline]]:
    """Yield the timeline as it was after each import with a statement about the body."""
    for moment in sorted({known for _, known in statements}):
        streams: dict[str, list[tuple[date, StatedFacts | None]]] = {}
        for row, known in statements:
            if known <= moment:
                said = None if row.facts is None else read_facts(row.facts)
                streams.setdefault(row.family, []).append((row.stated_on, said))
        timeline = timeline_of(key, streams, complete_days(moment))
        if timeline is not None:
            yield moment, timeline


def _is_open(timeline: Timeline, day: date) -> bool | None:
    period = period_on(timeline, day)
    return period.open if period else None
