"""Reads for the lists of schools: those of a body, and those that its user groups open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.clock import now
from app.database import db
from app.refusal import RefusalError
from app.web.pagination import Page, paginate_rows
from approvals.memberships import facts
from approvals.memberships.approvers import can_approve
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.organisations.parents import children_among, parents_of
from approvals.remits.basis import BASES, SchoolBasis, with_basis
from approvals.remits.remit import Remit, School, Scope, remit_of
from identity.accounts.models import Account


@dataclass(frozen=True)
class SchoolRow:
    """A school of the remit. child: whether the body can propose an approver there."""

    school: School
    organisation: Organisation
    basis: str
    approvers: int
    child: bool


@dataclass(frozen=True)
class SchoolsPage:
    """A page of the schools of a body. total: of all, without a search."""

    page: Page[SchoolRow]
    total: int


def schools_page(body: Organisation, search: str, at: datetime, *, page: int) -> SchoolsPage | None:
    """Return one page of the body's schools by name; None for a body without any."""
    remit = _remit(body, at)
    if remit is None:
        return None
    found = paginate_rows(remit.select(search), page=page)
    schools = [remit.school_in(row) for row in found.rows]
    organisations = {
        each.urn: each
        for each in db.session.scalars(
            select(Organisation).where(Organisation.urn.in_([each.urn for each in schools]))
        )
    }
    keys = [each.id for each in organisations.values()]
    approvers, children = _approvers(keys), children_among(body, keys, at)
    rows = [
        SchoolRow(
            school=school,
            organisation=organisation,
            basis=BASES[school.basis],
            approvers=approvers.get(organisation.id, 0),
            child=organisation.id in children,
        )
        for school in schools
        if (organisation := organisations.get(school.urn)) is not None
    ]
    return SchoolsPage(Page(rows, found.number, found.per_page, found.total), remit.count)


@dataclass(frozen=True)
class ScopePage:
    """A page of the schools of a scope. groups: names of the user groups that open them.

    scope: one of the organisation's, the first if none was named. total: of all, without a search.
    """

    page: Page[SchoolBasis]
    scope: Scope
    groups: Sequence[str]
    total: int


def scope_page(
    organisation: Organisation, scope: str, search: str, at: datetime, *, page: int
) -> ScopePage | None:
    """Return one page of the schools that user groups of the organisation open, by name.

    Without a scope, of the first user group. None for a scope that no user group of the
    organisation has.
    """
    offered = [group for offer in Catalogue(at).offers(organisation) for group in offer.groups]
    groups = [group for group in offered if group.schools == (scope or offered[0].schools)]
    remit = _scope_remit(organisation, groups[0].schools, at) if groups else None
    if remit is None:
        return None
    found = paginate_rows(remit.select(search), page=page)
    rows = with_basis(remit, [remit.school_in(row) for row in found.rows])
    return ScopePage(
        Page(rows, found.number, found.per_page, found.total),
        groups[0].schools,
        [group.name for group in groups],
        db.session.scalar(select(func.count()).select_from(remit.select().subquery())) or 0,
    )


def _scope_remit(organisation: Organisation, scope: Scope, at: datetime) -> Remit | None:
    try:
        return remit_of(organisation, scope, at)
    except RefusalError:
        return None


def has_schools(body: Organisation) -> bool:
    """Return whether the organisation is a body with a remit of schools. It runs no statement."""
    return not body.is_school and body.facts.remit is not None and body.identifier is not None


def child_school(body: Organisation, public_id: str, at: datetime) -> Organisation | None:
    """Return the school with this public id if the body is a parent of it at the moment."""
    school = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    return school if school is not None and body in parents_of(school, at) else None


def approvers_of(school: Organisation) -> int:
    """Return how many approvers of the school can act now."""
    return len(facts.active_approvers(school.id).accounts)


def _remit(body: Organisation, at: datetime) -> Remit | None:
    return remit_of(body, "remit", at) if has_schools(body) else None


def _approvers(organisations: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Membership.organisation_id, func.count(Membership.id).label("approvers"))
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.organisation_id.in_(organisations), can_approve(now()))
        .group_by(Membership.organisation_id)
    )
    return {row.organisation_id: row.approvers for row in rows}
