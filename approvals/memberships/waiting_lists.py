"""Lists of access that waits for a second approver: of an organisation, and for the operators.

Both people of such access see it: the person who gave it, and everybody who may agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.database import db
from app.web.pagination import Page, paginate_rows
from approvals.memberships import facts, queries
from approvals.memberships.approvers import can_approve
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.memberships.rules import Authority
from approvals.memberships.waiting_access import SENSITIVE_ACCESS, WaitingAccess
from approvals.organisations.models import Organisation
from approvals.organisations.parents import children_of, may_have_children
from approvals.pending_decisions.decisions import has_not_ended
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account

_Receiver = aliased(Membership)


@dataclass(frozen=True)
class WaitingRow:
    """A row of a list.

    access: the user groups and their service. giver_name: name of the person or command.
    """

    waiting: WaitingAccess
    access: str
    giver_name: str


def waiting_page(organisation: Organisation, at: datetime, *, page: int) -> Page[WaitingRow]:
    """Return what waits for the approvers of an organisation, the earliest first.

    That is access to the organisation itself, and to schools of which it is a parent and where
    nobody can agree. The number of statements is the same for any number of rows.
    """
    found = paginate_rows(_of_body(organisation, at).order_by(PendingDecision.id), page=page)
    rows = [WaitingAccess(row[0], row[1], row[2]) for row in found.rows]
    return Page(_in_words(rows, at), found.number, found.per_page, found.total)


def oldest_waiting(
    organisation: Organisation, at: datetime, number: int
) -> tuple[Sequence[WaitingRow], int]:
    """Return the first rows of `waiting_page`, and the number of all."""
    statement = _of_body(organisation, at)
    counted = statement.with_only_columns(func.count(PendingDecision.id))
    total = db.session.scalar(counted) or 0
    if not total:
        return [], 0
    rows = db.session.execute(statement.order_by(PendingDecision.id).limit(number)).all()
    return _in_words([WaitingAccess(row[0], row[1], row[2]) for row in rows], at), total


def waiting_for_operators(at: datetime) -> Sequence[WaitingRow]:
    """Return what no approver of an organisation or of its parent bodies can agree to."""
    own = PendingDecision.organisation_id
    rows = db.session.execute(_open(at).where(~_can_agree(own, at)).order_by(PendingDecision.id))
    found = [WaitingAccess(row[0], row[1], row[2]) for row in rows]
    deciders = {
        organisation.id: facts.deciders(organisation, at)
        for organisation in {each.organisation for each in found}
    }
    askers = _accounts_of({each.decision.asked_by for each in found})
    mine = []
    for each in found:
        excluded = {askers.get(each.decision.asked_by, 0), each.membership.account_id or 0}
        level, _ = deciders[each.organisation.id].nearest(without=excluded)
        if level in {Authority.OPERATOR, Authority.NONE}:
            mine.append(each)
    return _in_words(mine, at)


def _of_body(
    organisation: Organisation, at: datetime
) -> Select[PendingDecision, Membership, Organisation]:
    own = PendingDecision.organisation_id == organisation.id
    if not may_have_children(organisation):
        return _open(at).where(own)
    children = children_of(organisation, at).with_only_columns(Organisation.id).correlate(None)
    passed_on = and_(
        PendingDecision.organisation_id.in_(children),
        ~_can_agree(PendingDecision.organisation_id, at),
        _can_agree(literal(organisation.id), at),
    )
    return _open(at).where(or_(own, passed_on))


def _open(at: datetime) -> Select[PendingDecision, Membership, Organisation]:
    receiver = PendingDecision.details["membership"].as_string()
    return (
        select(PendingDecision, _Receiver, Organisation)
        .join(_Receiver, _Receiver.public_id == receiver)
        .join(Organisation, Organisation.id == PendingDecision.organisation_id)
        .where(PendingDecision.kind == SENSITIVE_ACCESS.name, has_not_ended(at), _Receiver.open)
    )


def _can_agree(
    organisation_id: SQLColumnExpression[int | None] | SQLColumnExpression[int], at: datetime
) -> ColumnElement[bool]:
    """Return the condition that an approver of the organisation is neither giver nor receiver."""
    return (
        exists()
        .where(
            Membership.organisation_id == organisation_id,
            Membership.account_id == Account.id,
            Account.subject != PendingDecision.asked_by,
            or_(_Receiver.account_id.is_(None), Account.id != _Receiver.account_id),
            can_approve(at),
        )
        .correlate(PendingDecision, _Receiver)
    )


def _accounts_of(subjects: set[str]) -> dict[str, int]:
    rows = db.session.execute(
        select(Account.subject, Account.id).where(Account.subject.in_(subjects))
    )
    return {row[0]: row[1] for row in rows}


def _in_words(rows: Sequence[WaitingAccess], at: datetime) -> list[WaitingRow]:
    services = Catalogue(at)
    names = queries.names_of(each.decision.asked_by for each in rows)
    found = []
    for each in rows:
        groups = [services.group_name(each.service, code) for code in each.user_groups]
        asker = each.decision.asked_by
        found.append(
            WaitingRow(
                each,
                f"{' and '.join(groups)} of {services.service_name(each.service)}",
                names.get(asker, f"the command {asker}"),
            )
        )
    return found
