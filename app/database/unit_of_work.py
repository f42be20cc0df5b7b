"""A unit of work as a value: what is to be written once everything is read, decided and signed.

Endpoints that relying services call all day know all of their changes before the first is made.
Such a unit is one claim, or none, and the changes that hold only with it:

    if not commit_unit(INSERT.with_values(...), claim=CLAIM.with_values(...)):
        raise InvalidGrant

Nothing is locked while a unit is built, and a unit is durable when `commit_unit` returns. Units of
several requests share a commit (`group_commit.py`). Where changes depend on rows that have to be
locked first, `writing()` is the unit.
"""

from __future__ import annotations

import time

from app.context import PerApplication
from app.database.compiled import Change, open_session
from app.database.engine import db
from app.database.group_commit import GroupCommit
from app.database.transaction import WAITS, WRITING
from app.database.unit_writers import writer_for

group_commit = PerApplication(
    "secure_access.group_commit", lambda: GroupCommit(writer_for(db.engine))
)
"""The group commit of the application in this process."""


def commit_unit(*changes: Change, claim: Change | None = None) -> bool:
    """Commit the changes together, and return whether the claim changed its row; True without one.

    Without a row for the claim nothing is changed. Exactly one of several units that claim the same
    row at once gets it, on whatever worker or host. The first value of a claim is the key of its
    row, by which groups order their locks. Each of the statements changes other rows.

    Raises RuntimeError inside `writing()`, TypeError for wrong values, and NotCommitted where the
    database did not store the unit, or nobody can say whether it did.
    """
    session = open_session()
    if session is not None:
        if WRITING in session.info:
            raise RuntimeError("a unit of work commits by itself, outside writing()")
        # Rows that were read before are read again when next touched.
        session.commit()
    asked_at = time.perf_counter()
    try:
        return group_commit().commit(claim, changes)
    finally:
        WAITS.observe(time.perf_counter() - asked_at, "unit of work")
