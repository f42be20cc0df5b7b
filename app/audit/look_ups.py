"""Audit rows of look-ups: they change nothing, and what was read is shown."""

from __future__ import annotations

from app.audit.record import audit_row
from app.database import db, writing


def record_look_up(
    name: str,
    *,
    organisation: str | None = None,
    subject: str | None = None,
    service: str | None = None,
    **detail: object,
) -> None:
    """Add the audit row of a look-up, in a transaction of its own, after the look-up.

    Rows that were read stay as they were read: after any other transaction the page would read each
    of them again. Raises UndeclaredEvent and IncompleteEvent.
    """
    session = db.session()
    session.expire_on_commit = False
    try:
        with writing():
            audit_row(
                name,
                actor=None,
                organisation=organisation,
                subject=subject,
                service=service,
                client=None,
                before=None,
                after=None,
                **detail,
            ).run()
    finally:
        session.expire_on_commit = True
