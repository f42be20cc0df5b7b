"""The data that is stored about a person, read for that person and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.audit import Event, record
from app.clock import now
from app.database import db, writing
from approvals.activity.queries import OwnEntry, all_own_activity
from approvals.own_data.sections import SECTIONS
from identity.accounts.models import Account
from identity.accounts.person import Person, actor_of

EVENTS = (
    Event(
        "account.data_read",
        "{actor} read the data that is stored about them.",
        {"subject", "form"},
    ),
)
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class OwnData:
    """Everything that a person may have of what is stored about them."""

    at: datetime
    sections: Mapping[str, Rows]
    activity: Sequence[OwnEntry]


def read_own_data(person: Person, form: str) -> OwnData:
    """Record that the person reads what is stored about them, and return it.

    form: `page` or `json`, for the audit.
    """
    at = now()
    with writing():
        record("account.data_read", actor=actor_of(person), subject=person.subject, form=form)
    # Read afterwards: on SQLite nobody else could write meanwhile.
    account = db.session.get_one(Account, person.id)
    return OwnData(
        at=at,
        sections={
            section.title: [
                dict(zip(section.columns, row, strict=True))
                for row in db.session.execute(section.statement(account))
            ]
            for section in SECTIONS
        },
        activity=all_own_activity(account, at),
    )


def as_json(data: OwnData) -> dict[str, object]:
    """Return the data as values of JSON; days, and moments in UTC, are as RFC 3339 writes them."""
    return {
        "as_of": data.at.isoformat(),
        "sections": {
            title: [{name: _value(value) for name, value in row.items()} for row in rows]
            for title, rows in data.sections.items()
        },
        "activity": [
            {"at": entry.at.isoformat(), "event": entry.sentence, "network": entry.network}
            for entry in data.activity
        ],
    }


def _value(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
