"""Reads for the pages about an organisation's people. Each takes a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnExpressionArgument, Row, Select, and_, case, func, select
from sqlalchemy.sql import ColumnElement

from app.database import db
from app.database.dated_rows import has_ended
from app.web.pagination import Columns, Page, paginate_rows
from approvals.memberships.approvers import CAN_APPROVE
from approvals.memberships.models import Grant, Membership, folded
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation

DORMANT_AFTER = timedelta(days=90)
ENDING_WITHIN = timedelta(days=30)
MOST_WORDS = 6

Condition = ColumnExpressionArgument[bool]

STATUSES = {
    "joined": "Joined",
    "invited": "Invited, not joined yet",
    "expired": "Invitation has run out",
    "suspended": "Suspended",
    "dormant": "Not signed in for 90 days",
    "ending": "Access ends within 30 days",
    "no_access": "No access to any service",
}
SORTS = {"name": "Name", "signed_in": "Last signed in", "added": "Last added"}


@dataclass(frozen=True)
class MemberFilters:
    """Filters of a list of people. Unknown values narrow nothing."""

    search: str = ""
    status: str = ""
    service: str = ""
    user_group: str = ""
    approver: str = ""
    sort: str = "name"

    @property
    def any(self) -> bool:
        return bool(self.search or self.status or self.user_group or self.approver)


@dataclass(frozen=True)
class MemberRow:
    """A row of the list, as of the moment `at`."""

    membership: Membership
    approver: bool
    last_signed_in_at: datetime | None
    suspended: bool
    invitation_expires_at: datetime | None
    grants: Sequence[Grant]
    at: datetime

    @property
    def status(self) -> str:
        if self.membership.joined_at is None:
            expires = self.invitation_expires_at
            return "expired" if has_ended(expires, self.at) else "invited"
        return "suspended" if self.suspended else "joined"


@dataclass(frozen=True)
class MemberCounts:
    """The figures of an organisation's home page; each is a filter of the list."""

    people: int
    approvers: int
    invited: int
    expired: int
    dormant: int
    ending: int


def people(
    organisation_id: int, filters: MemberFilters, at: datetime, *, page: int
) -> Page[MemberRow]:
    """Return one page of the organisation's people at a moment, in three queries for any number."""
    statement = (
        select(
            Membership,
            Membership.is_approver.label("approver"),
            Account.last_signed_in_at,
            Account.suspended,
            Invitation.expires_at,
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(Membership.organisation_id == organisation_id, Membership.open)
    )
    for condition in _conditions(filters, at):
        statement = statement.where(condition)
    found = paginate_rows(_in_order(statement, filters.sort), page=page)
    grants = _grants([row[0].id for row in found.rows], at)
    rows = [
        MemberRow(row[0], row[1], row[2], bool(row[3]), row[4], grants.get(row[0].id, []), at)
        for row in found.rows
    ]
    return Page(rows, found.number, found.per_page, found.total)


def invitations(organisation_id: int, *, page: int) -> Page[Row[Membership, datetime, datetime]]:
    """Open invitations, the first to run out first: membership, when made, when it runs out."""
    return paginate_rows(
        select(Membership, Invitation.created_at, Invitation.expires_at)
        .join(Invitation, Invitation.id == Membership.invitation_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            Membership.joined_at.is_(None),
        )
        .order_by(Invitation.expires_at, Membership.id),
        page=page,
    )


def counts(organisation_id: int, at: datetime) -> MemberCounts:
    """Return the counts at a moment, in one query."""

    def how_many(*conditions: Condition) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    row = db.session.execute(
        select(
            func.count(Membership.id),
            how_many(CAN_APPROVE),
            how_many(*_status("invited", at)),
            how_many(*_status("expired", at)),
            how_many(*_status("dormant", at)),
            how_many(*_status("ending", at)),
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(Membership.organisation_id == organisation_id, Membership.open)
    ).one()
    return MemberCounts(*(int(value) for value in row))


def approvers_of(organisation_id: int) -> list[Account]:
    """Return the approvers who can act now, by name."""
    return list(
        db.session.scalars(
            select(Account)
            .join(Membership, Membership.account_id == Account.id)
            .where(
                Membership.organisation_id == organisation_id,
                CAN_APPROVE,
            )
            .order_by(Membership.sort_name, Membership.id)
        )
    )


def organisations_of(account_id: int) -> list[tuple[Organisation, Membership]]:
    """Return the organisations that the person has joined and belongs to, by name."""
    rows = db.session.execute(
        select(Organisation, Membership)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(
            Membership.account_id == account_id,
            Membership.open,
            Membership.joined_at.is_not(None),
        )
        .order_by(Organisation.name, Organisation.id)
    )
    return [(row[0], row[1]) for row in rows]


def belongs_somewhere(account_id: int) -> bool:
    """Return whether the person has an open membership in any organisation."""
    found = db.session.scalar(
        select(Membership.id).where(Membership.account_id == account_id, Membership.open).limit(1)
    )
    return found is not None


def approved_by(account_id: int) -> list[Organisation]:
    """Return the organisations of which the person is an approver who can act, by name."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .join(Account, Account.id == Membership.account_id)
            .where(Membership.account_id == account_id, CAN_APPROVE)
            .order_by(Organisation.name, Organisation.id)
        )
    )


def names_of(givers: Iterable[str]) -> dict[str, str]:
    """Return names of those who gave something, by what `given_by` holds; commands have none."""
    subjects = set(givers)
    accounts = db.session.scalars(select(Account).where(Account.subject.in_(subjects)))
    return {account.subject: account.name for account in accounts}


def _conditions(filters: MemberFilters, at: datetime) -> list[Condition]:
    conditions: list[Condition] = [
        Membership.search_text.contains(word, autoescape=True)
        for word in folded(filters.search).split()[:MOST_WORDS]
    ]
    conditions += _status(filters.status, at)
    if filters.user_group:
        conditions.append(
            _holds(at)
            .where(Grant.service == filters.service, Grant.user_group == filters.user_group)
            .exists()
        )
    if filters.approver in {"yes", "no"}:
        approver = Membership.is_approver
        conditions.append(approver if filters.approver == "yes" else ~approver)
    return conditions


def _status(status: str, at: datetime) -> list[Condition]:
    joined = Membership.joined_at.is_not(None)
    match status:
        case "joined":
            return [joined, ~Account.suspended]
        case "invited":
            return [~joined, ~Invitation.has_expired(at)]
        case "expired":
            return [~joined, Invitation.has_expired(at)]
        case "suspended":
            return [joined, Account.suspended]
        case "dormant":
            last = func.coalesce(Account.last_signed_in_at, Membership.joined_at)
            return [joined, last < at - DORMANT_AFTER]
        case "ending":
            return [_holds(at).where(Grant.valid_to <= at + ENDING_WITHIN).exists()]
        case "no_access":
            return [~_holds(at).exists()]
        case _:
            return []


def _holds(at: datetime) -> Select[int]:
    return (
        select(Grant.id)
        .where(
            Grant.membership_id == Membership.id,
            Grant.counts_at(at),
        )
        .correlate(Membership)
    )


def _in_order(statement: Select[*Columns], sort: str) -> Select[*Columns]:
    match sort:
        case "signed_in":
            return statement.order_by(
                Account.last_signed_in_at.is_(None), Account.last_signed_in_at.desc(), Membership.id
            )
        case "added":
            return statement.order_by(Membership.valid_from.desc(), Membership.id.desc())
        case _:
            return statement.order_by(Membership.sort_name, Membership.id)


def _grants(memberships: Sequence[int], at: datetime) -> dict[int, list[Grant]]:
    grants = db.session.scalars(
        select(Grant)
        .where(
            Grant.membership_id.in_(memberships),
            Grant.counts_at(at),
        )
        .order_by(Grant.service, Grant.user_group)
    )
    found: dict[int, list[Grant]] = {}
    for grant in grants:
        found.setdefault(grant.membership_id, []).append(grant)
    return found
