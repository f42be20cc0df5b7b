"""Reads for the pages about an organisation's people. Each takes a constant number of queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    SelectBase,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import iterate

from app.clock import now
from app.database import CompiledQuery, UtcDateTime, db
from app.database.dated_rows import has_ended
from app.web.pagination import Columns, Page, paginate_rows
from approvals.memberships.approvers import can_approve, is_named_approver
from approvals.memberships.last_uses import last_here
from approvals.memberships.member_filters import (
    ENDING_WITHIN,
    GroupKey,
    MemberFilters,
    conditions,
)
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation
from identity.accounts.lapsing import has_lapsed, lapses_at
from identity.accounts.models import Account, Invitation
from identity.accounts.undelivered import FailedMail, failed_mails

PER_PAGE = 50
"""People on a page of the list."""
_BELONGED: CompiledQuery[object] = CompiledQuery(
    select(Membership.id).where(Membership.account_id == bindparam("account")).limit(1)
)
_APPROVES: CompiledQuery[object] = CompiledQuery(
    select(Membership.id)
    .join(Account, Account.id == Membership.account_id)
    .where(
        Membership.account_id == bindparam("account"),
        can_approve(bindparam("at", type_=UtcDateTime)),
    )
    .limit(1)
)


@dataclass(frozen=True)
class MemberRow:
    """A row of the list, as of the moment `at`.

    approver: whether the person is appointed. stands_in: whether they approve for a time.
    suspended: whether the account is, or the membership.
    """

    membership: Membership
    approver: bool
    stands_in: bool
    last_here_at: datetime | None
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

    @property
    def first_end(self) -> datetime | None:
        """The first end of a user group that counts now, if one ends."""
        return min((grant.valid_to for grant in self.grants if grant.valid_to), default=None)

    @property
    def ends_soon(self) -> bool:
        """Whether the filter `ending` finds this person."""
        return self.first_end is not None and self.first_end <= self.at + ENDING_WITHIN


@dataclass(frozen=True)
class InvitationRow:
    """A person who has not joined. failed_mail: why the invitation did not arrive.

    lapses_at: when the invitation ends unless it is sent again.
    """

    membership: Membership
    sent_at: datetime
    expires_at: datetime
    lapses_at: datetime
    failed_mail: FailedMail | None


@dataclass(frozen=True)
class FormerRow:
    """A row of the list of people who left. present: whether they belong here again."""

    membership: Membership
    present: bool


def people(
    organisation_id: int, filters: MemberFilters, at: datetime, *, page: int
) -> Page[MemberRow]:
    """Return one page of the organisation's people at a moment, in three queries for any number."""
    statement = (
        select(
            Membership,
            Membership.is_approver.label("appointed"),
            is_named_approver(at).label("approver"),
            last_here(),
            Account.suspended | Membership.suspended_at.is_not(None),
            Invitation.expires_at,
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(Membership.organisation_id == organisation_id, Membership.open)
    )
    statement = statement.where(*conditions(filters, at))
    found = paginate_rows(_in_order(statement, filters.sort), page=page, per_page=PER_PAGE)
    grants = _grants([row[0].id for row in found.rows], at)
    rows = [
        MemberRow(
            membership=row[0],
            approver=row[1],
            stands_in=row[2] and not row[1],
            last_here_at=row[3],
            suspended=bool(row[4]),
            invitation_expires_at=row[5],
            grants=grants.get(row[0].id, []),
            at=at,
        )
        for row in found.rows
    ]
    return Page(rows, found.number, found.per_page, found.total)


def invitations(organisation_id: int, *, page: int) -> Page[InvitationRow]:
    """Return a page of the people who have not joined, the first invitation to run out first."""
    found = paginate_rows(_invited(organisation_id), page=page)
    failed = failed_mails([invitation.id for _, invitation in found.rows])
    rows = [
        InvitationRow(
            membership,
            invitation.created_at,
            invitation.expires_at,
            lapses_at(invitation),
            failed.get(invitation.id),
        )
        for membership, invitation in found.rows
    ]
    return Page(rows, found.number, found.per_page, found.total)


def lapsing_invitations(
    organisation_id: int, at: datetime, by: datetime
) -> list[tuple[Membership, datetime]]:
    """Return the people whose invitation has expired and lapses by a moment, and when it does."""
    rows = db.session.execute(
        _invited(organisation_id).where(Invitation.has_expired(at), has_lapsed(by))
    )
    return [(membership, lapses_at(invitation)) for membership, invitation in rows]


def _invited(organisation_id: int) -> Select[Membership, Invitation]:
    return (
        select(Membership, Invitation)
        .join(Invitation, Invitation.id == Membership.invitation_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            Membership.joined_at.is_(None),
        )
        .order_by(Invitation.expires_at, Membership.id)
    )


def former_people(organisation_id: int, *, page: int) -> Page[FormerRow]:
    """Return a page of the people who left, the latest first.

    present: whether the person belongs, or is invited, to the organisation again.
    """
    again = aliased(Membership)
    present = (
        select(again.id)
        .where(
            again.organisation_id == Membership.organisation_id,
            again.valid_to.is_(None),
            or_(
                again.account_id == Membership.account_id,
                again.email_key == Membership.email_key,
            ),
        )
        .correlate(Membership)
        .exists()
    )
    found = paginate_rows(
        select(Membership, present.label("present"))
        .where(Membership.organisation_id == organisation_id, Membership.valid_to.is_not(None))
        .order_by(Membership.valid_to.desc(), Membership.id.desc()),
        page=page,
    )
    rows = [FormerRow(row[0], row[1]) for row in found.rows]
    return Page(rows, found.number, found.per_page, found.total)


def count_each(
    organisation_id: int, lists: Mapping[str, MemberFilters], at: datetime
) -> dict[str, int]:
    """Return how many people match each of the filters at a moment, in one query.

    Filters about the people's own columns are counted in one pass over them. One about other
    tables has a subquery of its own, which the databases join before they count.
    """
    wanted = {name: and_(true(), *conditions(filters, at)) for name, filters in lists.items()}
    people = (
        select(
            *[
                func.count().filter(condition).label(f"number_{place}")
                for place, condition in enumerate(wanted.values())
                if not _has_subquery(condition)
            ]
        )
        .select_from(Membership)
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(Membership.organisation_id == organisation_id, Membership.open)
    )
    in_one_pass = people.subquery()
    numbers = [
        in_one_pass.c[f"number_{place}"]
        if f"number_{place}" in in_one_pass.c
        else people.with_only_columns(func.count()).where(condition).scalar_subquery()
        for place, condition in enumerate(wanted.values())
    ]
    row = db.session.execute(select(*numbers)).one()
    return {name: int(value) for name, value in zip(lists, row, strict=True)}


def _has_subquery(condition: ColumnElement[bool]) -> bool:
    return any(isinstance(part, SelectBase) for part in iterate(condition))


def matching(memberships: Collection[int], filters: MemberFilters, at: datetime) -> frozenset[int]:
    """Return those of the memberships (by key) that match the filters at a moment."""
    return frozenset(
        db.session.scalars(
            select(Membership.id)
            .outerjoin(Account, Account.id == Membership.account_id)
            .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
            .where(Membership.id.in_(memberships), *conditions(filters, at))
        )
    )


def count_by_group(organisation_id: int, at: datetime) -> dict[GroupKey, int]:
    """Return how many people hold each user group at a moment, without those that nobody holds."""
    rows = db.session.execute(
        select(Grant.service, Grant.user_group, func.count(Membership.id.distinct()))
        .join(Membership, Membership.id == Grant.membership_id)
        .where(Membership.organisation_id == organisation_id, Membership.open, Grant.counts_at(at))
        .group_by(Grant.service, Grant.user_group)
    )
    return {(service, group): number for service, group, number in rows}


def approvers_of(organisation_id: int) -> list[Account]:
    """Return the approvers who can act now, by name."""
    return list(
        db.session.scalars(
            select(Account)
            .join(Membership, Membership.account_id == Account.id)
            .where(
                Membership.organisation_id == organisation_id,
                can_approve(now()),
            )
            .order_by(Membership.sort_name, Membership.id)
        )
    )


def appointed_by_account(organisation_id: int) -> dict[int, bool]:
    """Return the accounts of the approvers who can act now.

    Each with whether it has an appointment; the others stand in.
    """
    rows = db.session.execute(
        select(Account.id, Membership.is_approver)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.organisation_id == organisation_id, can_approve(now()))
    )
    return {row[0]: bool(row[1]) for row in rows}


def domains_of(organisation_id: int) -> frozenset[str]:
    """Return the domains of the addresses of an organisation's people."""
    keys = db.session.scalars(
        select(Membership.email_key).where(
            Membership.organisation_id == organisation_id, Membership.open
        )
    )
    return frozenset(key.rpartition("@")[2] for key in keys)


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


def has_access_somewhere(account_id: int) -> bool:
    """Return whether the person has an open membership that is not suspended."""
    found = db.session.scalar(
        select(Membership.id)
        .where(
            Membership.account_id == account_id,
            Membership.open,
            Membership.suspended_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def has_belonged_somewhere(account_id: int) -> bool:
    """Return whether the person has joined an organisation, which they may have left since."""
    return _BELONGED.one(account=account_id) is not None


def approved_by(account_id: int) -> list[Organisation]:
    """Return the organisations of which the person is an approver who can act, by name."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .join(Account, Account.id == Membership.account_id)
            .where(Membership.account_id == account_id, can_approve(now()))
            .order_by(Organisation.name, Organisation.id)
        )
    )


def is_approver(account_id: int) -> bool:
    """Return whether the person is an approver of some organisation who can act."""
    return _APPROVES.one(account=account_id, at=now()) is not None


def names_of(givers: Iterable[str]) -> dict[str, str]:
    """Return names of those who gave something, by what `given_by` holds; commands have none."""
    subjects = set(givers)
    accounts = db.session.scalars(select(Account).where(Account.subject.in_(subjects)))
    return {account.subject: account.name for account in accounts}


def _in_order(statement: Select[*Columns], sort: str) -> Select[*Columns]:
    match sort:
        case "last_here":
            return statement.order_by(last_here().desc().nulls_last(), Membership.id)
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
