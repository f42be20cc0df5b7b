"""After a restore: what a backup brings back to life ends, once, before anybody can use it.

A backup knows nothing of what was used up, ended or sent after it was made: a code that was used, a
refresh token that was revoked, a session that was signed out of, all of them would count again.
Each room says what it holds that opens something, and how that ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from app.audit import EVENTS, AuditEvent, Event, record
from app.composition import ExtensionPoint, Room
from app.database import db, writing
from app.database.transaction import without_time_limit

CAUSE = "restored"
"""Why it ended, in the rows that say so."""


@dataclass(frozen=True)
class Revived:
    """Rows of a kind that a backup brings back, by the name of the kind.

    `select_active` selects what counts now, a row each; `end` makes it select nothing. Both are
    called inside one transaction that writes.
    """

    name: str
    select_active: Callable[[], Select[object]]
    end: Callable[[], object]


@dataclass(frozen=True)
class RestoreReport:
    """`backup_ends` is the last moment of which the database knows; none in one without events."""

    backup_ends: datetime | None
    ended: dict[str, int]


REVIVED = ExtensionPoint[Revived]("revived rows", named=lambda revived: revived.name)
ROOM = Room(
    "app.after_restore",
    EVENTS(
        Event(
            "database.restored",
            "{actor} ended what a restored backup had brought back.",
            {"backup_ends", "ended"},
        )
    ),
)


def end_revived() -> RestoreReport:
    """End all revived rows in one transaction, with its audit row. A second run finds none."""
    revived_rows = REVIVED.values()
    with writing() as session:
        without_time_limit(session)
        backup_ends = session.scalar(select(func.max(AuditEvent.at)))
        # Counted first: one ending takes others along, a session its tokens.
        ended = {each.name: _count(each) for each in revived_rows}
        for each in revived_rows:
            each.end()
        record(
            "database.restored",
            backup_ends=backup_ends.isoformat() if backup_ends else "",
            ended=ended,
        )
    return RestoreReport(backup_ends, ended)


def _count(each: Revived) -> int:
    return db.session.scalar(select(func.count()).select_from(each.select_active().subquery())) or 0
