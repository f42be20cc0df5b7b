"""Organisations at risk: those that have, or will soon have, no approver who can act.

Considered are open organisations that have members, or have had an approver. One statement judges
all of them: `REASONS` are its conditions, from which the list, its counts and the weekly mail come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.clock import day_of
from app.database import db
from app.web.pagination import PER_PAGE, Page
from approvals.memberships.approvers import is_active_member
from approvals.memberships.member_filters import DORMANT_AFTER, ENDING_WITHIN
from approvals.memberships.models import Appointment, Grant, Membership, StandIn
from approvals.organisations.models import Organisation
from approvals.organisations.openness import only_open
from identity.accounts.models import Account

REASONS = {
    "none": "No approver who can act",
    "stand_in": "Only a stand-in can act",
    "suspended": "All approvers are suspended",
    "away": f"No approver has signed in for {DORMANT_AFTER.days} days",
    "ending": f"The approvers’ access ends within {ENDING_WITHIN.days} days",
    "one": "Only one approver",
}
"""The reasons for which an organisation is at risk, the worst first, in words."""


@dataclass(frozen=True)
class RiskRow:
    """An organisation at risk, with the codes of its reasons."""

    organisation: Organisation
    reasons: Sequence[str]

    @property
    def in_words(self) -> list[str]:
        return [REASONS[reason] for reason in self.reasons]


@dataclass(frozen=True)
class RiskCounts:
    """The number of organisations at risk, and of those with each reason."""

    total: int
    by_reason: Mapping[str, int]


@dataclass(frozen=True)
class RiskPage:
    """A page of the organisations with one reason, or of all, and the numbers of all lists."""

    page: Page[RiskRow]
    counts: RiskCounts


def risk_page(reason: str, at: datetime, *, page: int) -> RiskPage:
    """Return a page of the organisations at risk, the worst first, in two statements.

    reason: a key of `REASONS`, or another text for all.
    """
    counts = count_risks(at)
    total = counts.by_reason.get(reason, counts.total)
    number = min(page, max(1, -(-total // PER_PAGE)))
    statement = _at_risk(at, reason).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    rows = [_row(row) for row in db.session.execute(statement)]
    return RiskPage(Page(rows, number, PER_PAGE, total), counts)


def all_risks(at: datetime, *, most: int | None = None) -> Sequence[RiskRow]:
    """Return the organisations of all pages of `risk_page`, or the first of them."""
    return [_row(row) for row in db.session.execute(_at_risk(at, "").limit(most))]


def count_risks(at: datetime) -> RiskCounts:
    """Return the lengths of the lists of `risk_page`, in one statement."""
    judged = _at_risk(at, "").order_by(None).subquery()
    numbers = [func.sum(case((judged.c[reason], 1), else_=0)) for reason in REASONS]
    row = db.session.execute(select(func.count(), *numbers).select_from(judged)).one()
    by_reason = zip(REASONS, row[1:], strict=True)
    return RiskCounts(row[0], {reason: int(number or 0) for reason, number in by_reason})


def _row(row: Sequence[object]) -> RiskRow:
    organisation, *judged = row
    if not isinstance(organisation, Organisation):
        raise TypeError("the first column is the organisation")
    return RiskRow(
        organisation, [code for code, holds in zip(REASONS, judged, strict=True) if holds]
    )


def _at_risk(at: datetime, reason: str) -> Select[*tuple[object, ...]]:
    approvers = _approvers_by_organisation(at).subquery()
    lasting = func.coalesce(approvers.c.lasting, 0)
    conditions: dict[str, ColumnElement[bool]] = {
        "none": and_(lasting == 0, func.coalesce(approvers.c.stand_ins, 0) == 0),
        "stand_in": and_(lasting == 0, func.coalesce(approvers.c.stand_ins, 0) > 0),
        "suspended": and_(lasting == 0, func.coalesce(approvers.c.suspended, 0) > 0),
        "away": and_(lasting > 0, func.coalesce(approvers.c.present, 0) == 0),
        "ending": and_(lasting > 0, approvers.c.ending == lasting),
        "one": lasting == 1,
    }
    columns = [func.coalesce(conditions[code], False).label(code) for code in REASONS]
    severity = case(*((conditions[code], number) for number, code in enumerate(REASONS)), else_=9)
    statement = (
        select(Organisation, *columns)
        .outerjoin(approvers, approvers.c.organisation_id == Organisation.id)
        .where(
            _has_or_had_people(),
            conditions[reason] if reason in conditions else or_(*conditions.values()),
        )
        .order_by(severity, Organisation.name, Organisation.id)
    )
    return only_open(statement, day_of(at))


def _approvers_by_organisation(at: datetime) -> Select[*tuple[int, ...]]:
    """Select the numbers of approvers of each organisation that has any."""
    named = union_all(
        select(Appointment.membership_id, literal(1).label("appointed")).where(Appointment.open),
        select(StandIn.membership_id, literal(0).label("appointed")).where(StandIn.counts_at(at)),
    ).subquery()
    ends = exists().where(
        Grant.membership_id == Membership.id,
        Grant.counts_at(at),
        Grant.valid_to <= at + ENDING_WITHIN,
    )
    seen = func.coalesce(Account.last_signed_in_at, Membership.joined_at)
    people = (
        select(
            Membership.organisation_id,
            is_active_member().label("active"),
            (named.c.appointed == 1).label("appointed"),
            Membership.joined_at.is_not(None).label("joined"),
            (seen > at - DORMANT_AFTER).label("present"),
            ends.label("ends"),
        )
        .select_from(named)
        .join(Membership, Membership.id == named.c.membership_id)
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Membership.open)
        .subquery()
    )
    who = people.c
    lasting = and_(who.active, who.appointed)
    return select(
        who.organisation_id,
        _number_of(lasting).label("lasting"),
        _number_of(and_(who.active, ~who.appointed)).label("stand_ins"),
        _number_of(and_(who.appointed, who.joined, ~who.active)).label("suspended"),
        _number_of(and_(lasting, who.present)).label("present"),
        _number_of(and_(lasting, who.ends)).label("ending"),
    ).group_by(who.organisation_id)


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _has_or_had_people() -> ColumnElement[bool]:
    """Return the condition that an organisation has members, or has had an approver."""
    members = select(Membership.organisation_id).where(Membership.open)
    approvers = select(Membership.organisation_id).join(
        Appointment, Appointment.membership_id == Membership.id
    )
    return or_(Organisation.id.in_(members), Organisation.id.in_(approvers))
