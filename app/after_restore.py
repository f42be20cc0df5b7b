"""After a restore: what a backup brings back to life ends, once, before anybody can use it.

A backup knows nothing of what was used up, ended or sent after it was made: a code that was used, a
refresh token that was revoked, a session that was signed out of, all of them would count again.
Each room says what it holds that opens something, and how that ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import Select, func, select

from app.audit import AuditEvent, Event, declare, record
from app.database import db, writing
from app.database.transaction import without_time_limit

CAUSE = "restored"
"""Why it ended, in the rows that say so."""

_KEY = "secure_access.revived"
_EVENTS = (
    Event(
        "database.restored",
        "{actor} ended what a restored backup had brought back.",
        {"backup_ends", "ended"},
    ),
)


@dataclass(frozen=True)
class Revived:
    """`standing` selects what counts now, a row each; `end` makes it select nothing."""

    what: str
    standing: Callable[[], Select[object]]
    end: Callable[[], object]


@dataclass(frozen=True)
class RestoreReport:
    """`backup_ends` is the last moment of which the database knows; none in one without events."""

    backup_ends: datetime | None
    ended: dict[str, int]


def install(app: Flask) -> None:
    """Add the audit events of a restore to the application."""
    declare(app, _EVENTS)


def register_revived(
    app: Flask, what: str, *, standing: Callable[[], Select[object]], end: Callable[[], object]
) -> None:
    """Add what a room holds; both functions are called inside one transaction that writes."""
    app.extensions.setdefault(_KEY, []).append(Revived(what, standing, end))


def end_revived() -> RestoreReport:
    """End all revived rows in one transaction, with its audit row. A second run finds none."""
    held: list[Revived] = current_app.extensions.get(_KEY, [])
    with writing() as session:
        without_time_limit(session)
        backup_ends = session.scalar(select(func.max(AuditEvent.at)))
        # Counted first: one ending takes others along, a session its tokens.
        ended = {each.what: _count(each) for each in held}
        for each in held:
            each.end()
        record(
            "database.restored",
            backup_ends=backup_ends.isoformat() if backup_ends else "",
            ended=ended,
        )
    return RestoreReport(backup_ends, ended)


def _count(each: Revived) -> int:
    return db.session.scalar(select(func.count()).select_from(each.standing().subquery())) or 0
