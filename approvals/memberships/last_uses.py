"""When people last used their access to an organisation, for lists that cannot read the audit.

The audit has a row for each entry into a service; the worker notes the last one of each person and
organisation. Dormancy decides by the audit itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.dialects import postgresql

from app.audit import AuditEvent
from app.database import db, writing
from approvals.memberships.models import LastUse, Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account

EVERY = 600.0
"""Seconds between two calls of `note_entries`."""
_READ_AGAIN = timedelta(hours=1)
"""Time before the last noted entry in which entries may have been committed since."""


def note_entries() -> None:
    """Note the last entry of each person and organisation among those that are not noted yet."""
    noted = postgresql.insert(LastUse).from_select(
        ["account_id", "organisation_id", "at"], _entries(_last_noted())
    )
    with writing() as session:
        session.execute(
            # Both databases have the clause, in the same words.
            noted.on_conflict_do_update(
                index_elements=[LastUse.account_id, LastUse.organisation_id],
                set_={"at": noted.excluded.at},
                where=LastUse.at < noted.excluded.at,
            )
        )


def last_here() -> ColumnElement[datetime | None]:
    """Return when the person was last here, for a statement about `Membership` and its `Account`.

    That is the last noted entry into a service for the organisation, or of an approver the last
    sign-in.
    """
    entered = (
        select(LastUse.at)
        .where(
            LastUse.account_id == Membership.account_id,
            LastUse.organisation_id == Membership.organisation_id,
        )
        .correlate(Membership)
        .scalar_subquery()
    )
    return case((Membership.is_approver, Account.last_signed_in_at), else_=entered)


def not_here_since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that the person was not here since a moment, as `last_here` says."""
    entered = (
        select(LastUse.account_id)
        .where(
            LastUse.account_id == Membership.account_id,
            LastUse.organisation_id == Membership.organisation_id,
            LastUse.at >= moment,
        )
        .correlate(Membership)
        .exists()
    )
    signed_in = Account.last_signed_in_at
    return and_(~entered, or_(~Membership.is_approver, signed_in.is_(None), signed_in < moment))


def _last_noted() -> datetime | None:
    last: datetime | None = db.session.scalar(select(func.max(LastUse.at)))
    return last


def _entries(last_noted: datetime | None) -> Select[int, int, datetime]:
    entries = (
        select(Account.id, Organisation.id, func.max(AuditEvent.at))
        .select_from(AuditEvent)
        .join(Account, Account.subject == AuditEvent.subject)
        .join(Organisation, Organisation.public_id == AuditEvent.organisation)
        .where(AuditEvent.event == "service.entered", Account.closed_at.is_(None))
        .group_by(Account.id, Organisation.id)
        # Two workers take the rows in one order.
        .order_by(Account.id, Organisation.id)
    )
    if last_noted is None:
        return entries
    return entries.where(AuditEvent.at > last_noted - _READ_AGAIN)
