"""Reminders of access that ends soon: one mail to the person, and one list to the approvers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from approvals.memberships import mails
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation

REMINDED_BEFORE = timedelta(days=14)
EVERY = 60.0
"""Seconds between two calls of `remind`."""


def remind() -> None:
    """Remind people and their approvers of access that ends within `REMINDED_BEFORE`, each once.

    Access that was given for a shorter time, or that goes on under another user group of the same
    service, needs no reminder.
    """
    at = now()
    organisations = sorted({row.organisation_id for row in _ending(at)})
    for organisation_id in organisations:
        with writing() as session:
            due = [
                (membership, grant)
                for grant, membership, _ in _ending(at, organisation_id)
                if _claim(grant, at) and _ends_after_a_while(grant)
            ]
            if due:
                organisation = session.get_one(Organisation, organisation_id)
                mails.access_ending(organisation, due)


def _ends_after_a_while(grant: Grant) -> bool:
    return grant.valid_to is not None and grant.valid_to - grant.valid_from > REMINDED_BEFORE


def _claim(grant: Grant, at: datetime) -> bool:
    return claim(
        update(Grant)
        .where(Grant.id == grant.id, Grant.reminded_at.is_(None), Grant.valid_to == grant.valid_to)
        .values(reminded_at=at)
    )


def _ending(
    at: datetime, organisation_id: int | None = None
) -> Sequence[Row[Grant, Membership, int]]:
    following = aliased(Grant)
    goes_on = exists().where(
        following.membership_id == Grant.membership_id,
        following.service == Grant.service,
        following.id != Grant.id,
        following.valid_from <= Grant.valid_to,
        or_(following.valid_to.is_(None), following.valid_to > Grant.valid_to),
    )
    statement = (
        select(Grant, Membership, Membership.organisation_id)
        .join(Membership, Membership.id == Grant.membership_id)
        .where(
            Grant.reminded_at.is_(None),
            Grant.valid_to.is_not(None),
            and_(Grant.valid_to > at, Grant.valid_to <= at + REMINDED_BEFORE),
            Grant.begun_by(at),
            Membership.open,
            Membership.joined_at.is_not(None),
            ~goes_on,
        )
        .order_by(Membership.sort_name, Grant.id)
        .execution_options(populate_existing=True)
    )
    if organisation_id is not None:
        statement = statement.where(Membership.organisation_id == organisation_id)
    return db.session.execute(statement).all()
