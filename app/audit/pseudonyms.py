"""Pseudonyms in the audit: the names of erased people go, the events stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, select, update

from app.audit.append_only import OTHER_PEOPLE, PERSON_KEYS
from app.audit.models import AuditEvent, AuditPseudonym
from app.database import db, writing
from app.database.single_use import insert_unless_present, rows_changed

PORTION = 500
"""Audit rows that one transaction changes at most."""
_add = insert_unless_present(AuditPseudonym)
_Values = Mapping[str, object]


def replace_personal_text(pseudonyms: Mapping[str, str], personal: Collection[str]) -> None:
    """Replace names and other personal text of people in the audit, in short transactions.

    The rows are found by one statement for any number of people. Further calls change nothing.

    pseudonyms: by the identifiers of the people: subjects, and those in the details of events
    (`append_only.PERSON_KEYS`). personal: keys of `before`, `after` and `detail` whose texts are
    replaced where the event is about the person. Their own name as an actor, or as another person
    of an event, is replaced everywhere.
    """
    if not pseudonyms:
        return
    with writing():
        for identifier, pseudonym in pseudonyms.items():
            _add(identifier=identifier, pseudonym=pseudonym)
    identifiers = sorted(pseudonyms)
    in_details = (
        AuditEvent.detail[key].as_string().in_(identifiers)
        for key in (*PERSON_KEYS, *OTHER_PEOPLE.values())
    )
    named = or_(AuditEvent.subject.in_(identifiers), AuditEvent.actor.in_(identifiers), *in_details)
    keys = db.session.scalars(select(AuditEvent.id).where(named).order_by(AuditEvent.id)).all()
    db.session.rollback()
    for start in range(0, len(keys), PORTION):
        _replace_in(keys[start : start + PORTION], pseudonyms, personal)


def _replace_in(
    keys: Sequence[int], pseudonyms: Mapping[str, str], personal: Collection[str]
) -> None:
    with writing() as session:
        for row in session.scalars(select(AuditEvent).where(AuditEvent.id.in_(keys))).all():
            session.expunge(row)
            changed = _replaced(row, pseudonyms, personal)
            if changed:
                rows_changed(update(AuditEvent).where(AuditEvent.id == row.id).values(**changed))


def _replaced(
    row: AuditEvent, pseudonyms: Mapping[str, str], personal: Collection[str]
) -> dict[str, object]:
    """Return the columns of the row that change, with their new values."""
    present: dict[str, object] = {
        "actor_name": row.actor_name,
        "before": row.before,
        "after": row.after,
        "detail": row.detail,
    }
    replaced = {
        "actor_name": pseudonyms.get(row.actor, row.actor_name),
        "before": row.before,
        "after": row.after,
        "detail": _without_other_people(row.detail, pseudonyms),
    }
    person = _person_of(row, pseudonyms)
    if person is not None:
        for column in ("before", "after", "detail"):
            replaced[column] = _without(replaced[column], personal, person, pseudonyms)
    return {column: value for column, value in replaced.items() if value != present[column]}


def _person_of(row: AuditEvent, pseudonyms: Mapping[str, str]) -> str | None:
    """Return the pseudonym of the person whom the event is about, if it is one of these."""
    identifiers = (row.subject, *(row.detail.get(key) for key in PERSON_KEYS))
    return next((pseudonyms[str(each)] for each in identifiers if str(each) in pseudonyms), None)


def _without_other_people(values: _Values, pseudonyms: Mapping[str, str]) -> _Values:
    """Return the details with pseudonyms in place of names of people whom it is not about."""
    names = {
        name: pseudonyms[str(values[identifier])]
        for name, identifier in OTHER_PEOPLE.items()
        if str(values.get(identifier)) in pseudonyms
    }
    return {**values, **names}


def _without(
    values: object, personal: Collection[str], pseudonym: str, identifiers: Collection[str]
) -> _Values | None:
    """Return the values with the pseudonym in place of personal text; identifiers stay."""
    if not isinstance(values, Mapping):
        return None
    return {
        key: pseudonym
        if key in personal and value and not (isinstance(value, str) and value in identifiers)
        else value
        for key, value in values.items()
    }
