"""Pseudonyms in the audit: the names of erased people go, the events stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, select, update

from app.audit.models import AuditEvent, AuditPseudonym
from app.database import db, writing
from app.database.single_use import insert_unless_present, rows_changed

PORTION = 500
"""Audit rows that one transaction changes at most."""
_add = insert_unless_present(AuditPseudonym)
_ROW_VALUES = ("before", "after", "detail")


def replace_personal_text(
    subject: str, memberships: Collection[str], pseudonym: str, personal: Collection[str]
) -> None:
    """Replace the person's name and other personal text in the audit, in short transactions.

    memberships: public ids of the person's memberships, by which events before their joining name
    them. personal: keys of `before`, `after` and `detail` whose texts are replaced where the event
    is about the person. Their own name as an actor is replaced everywhere. Further calls change
    nothing.
    """
    identifiers = frozenset([subject, *memberships])
    with writing():
        for identifier in identifiers:
            _add(identifier=identifier, pseudonym=pseudonym)
    about = or_(
        AuditEvent.subject == subject,
        AuditEvent.detail["membership"].as_string().in_(sorted(memberships)),
    )
    keys = db.session.scalars(
        select(AuditEvent.id).where(or_(about, AuditEvent.actor == subject)).order_by(AuditEvent.id)
    ).all()
    db.session.rollback()
    for start in range(0, len(keys), PORTION):
        _replace_in(keys[start : start + PORTION], identifiers, subject, pseudonym, personal)


def _replace_in(
    keys: Sequence[int],
    identifiers: frozenset[str],
    subject: str,
    pseudonym: str,
    personal: Collection[str],
) -> None:
    with writing() as session:
        for row in session.scalars(select(AuditEvent).where(AuditEvent.id.in_(keys))).all():
            session.expunge(row)
            changed: dict[str, object] = {}
            if row.actor == subject and row.actor_name != pseudonym:
                changed["actor_name"] = pseudonym
            if not identifiers.isdisjoint([row.subject, row.detail.get("membership")]):
                for column in _ROW_VALUES:
                    present = getattr(row, column)
                    replaced = _without(present, personal, pseudonym, identifiers)
                    if replaced != present:
                        changed[column] = replaced
            if changed:
                rows_changed(update(AuditEvent).where(AuditEvent.id == row.id).values(**changed))


def _without(
    values: Mapping[str, object] | None,
    personal: Collection[str],
    pseudonym: str,
    identifiers: Collection[str],
) -> Mapping[str, object] | None:
    """Return the values with the pseudonym in place of personal text; ids of the person stay."""
    if values is None:
        return None
    return {
        key: pseudonym
        if key in personal and value and not (isinstance(value, str) and value in identifiers)
        else value
        for key, value in values.items()
    }
