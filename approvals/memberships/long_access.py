"""Access to pupil names of all schools that was given before it had to end within 12 months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from app.clock import day_of, end_of_day
from app.database import db
from app.web.pagination import Page, paginate_rows
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Grant, Membership
from approvals.memberships.sensitive_rules import a_year_after
from approvals.organisations.models import Organisation


@dataclass(frozen=True)
class LongAccess:
    """A user group that today's rule would refuse to give until its end, or without one."""

    grant: Grant
    membership: Membership
    organisation: Organisation
    access: str


def long_access(at: datetime, *, page: int) -> Page[LongAccess]:
    """Return a page of the grants that last longer than 12 months from now, by organisation."""
    services = Catalogue(at)
    found = paginate_rows(_too_long(services, at), page=page)
    rows = [
        LongAccess(
            row[0],
            row[1],
            row[2],
            f"{services.group_name(row[0].service, row[0].user_group)} of "
            f"{services.service_name(row[0].service)}",
        )
        for row in found.rows
    ]
    return Page(rows, found.number, found.per_page, found.total)


def count_long_access(at: datetime) -> int:
    """Return the length of the list of `long_access`."""
    statement = _too_long(Catalogue(at), at).order_by(None)
    return len(db.session.execute(statement.with_only_columns(Grant.id)).all())


def _too_long(services: Catalogue, at: datetime) -> Select[Grant, Membership, Organisation]:
    latest = end_of_day(a_year_after(day_of(at)))
    lasts: ColumnElement[bool] = or_(Grant.valid_to.is_(None), Grant.valid_to > latest)
    groups = tuple_(Grant.service, Grant.user_group)
    return (
        select(Grant, Membership, Organisation)
        .join(Membership, Membership.id == Grant.membership_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.open, lasts, groups.in_(services.groups_of_names_everywhere()))
        .order_by(Organisation.name, Organisation.id, Membership.sort_name, Grant.id)
    )
