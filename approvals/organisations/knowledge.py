"""Since when it is known whether a body was open on a day.

Periods follow from all files that were imported. A file imported later may say something else of a
day that has passed; access on that day followed what was known then.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.clock import day_of
from app.database import db
from approvals.organisations.importing.derived import timeline_of
from approvals.organisations.models import Organisation, RegisterFile, RegisterStatement
from approvals.organisations.register.timeline import Streams

CLOSING_EVENTS = ("organisation.closed", "organisation.merged")


@dataclass(frozen=True)
class Learned:
    """The present state of a past day is known since `since`; `earlier` is what counted before.

    `earlier` is none where nothing was known of the body before.
    """

    since: datetime
    earlier: bool | None


def learned_openness(organisation: Organisation, day: date) -> Learned | None:
    """Return since when it is known that the body was open, or closed, on the day.

    None for a body of which no register file speaks, and that was not closed by hand on the day.
    """
    if organisation.facts.by_hand:
        return _closed_by_hand(organisation, day)
    imported = _import_moments()
    words = [
        (row.family, row.stated_on, row.facts, imported[row.family, row.stated_on])
        for row in db.session.scalars(
            select(RegisterStatement)
            .where(RegisterStatement.subject == organisation.key)
            .order_by(RegisterStatement.stated_on)
        )
        if (row.family, row.stated_on) in imported
    ]
    states: list[tuple[datetime, bool]] = []
    for moment in sorted({word[3] for word in words}):
        streams: dict[str, list[tuple[date, dict[str, object] | None]]] = {}
        for family, stated_on, facts, known in words:
            if known <= moment:
                said = None if facts is None else json.loads(facts)
                streams.setdefault(family, []).append((stated_on, said))
        state = _is_open(organisation.key, streams, _complete_days(moment), day)
        if state is not None and (not states or states[-1][1] != state):
            states.append((moment, state))
    if not states:
        return None
    return Learned(states[-1][0], states[-2][1] if len(states) > 1 else None)


def _closed_by_hand(organisation: Organisation, day: date) -> Learned | None:
    """A closure by hand counts for the whole day on which it was made."""
    at = db.session.scalar(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.organisation == organisation.public_id,
            AuditEvent.event.in_(CLOSING_EVENTS),
        )
    )
    return Learned(at, earlier=True) if at is not None and day_of(at) == day else None


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


def _is_open(subject: str, streams: Streams, days: dict[str, list[date]], day: date) -> bool | None:
    timeline = timeline_of(subject, streams, days)
    for period in timeline.periods if timeline else ():
        if period.valid_from <= day < period.valid_to:
            return period.open
    return None
