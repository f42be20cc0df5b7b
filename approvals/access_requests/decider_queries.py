"""Reads for the pages of the people who decide: approvers and operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from app.database import db
from app.refusal import Refusal
from app.web.pagination import Page, paginate
from approvals.access_model.definition import UserGroup
from approvals.access_requests import facts, rules
from approvals.access_requests.facts import ACCESS_REQUEST, AskedFor
from approvals.access_requests.models import RequestNotice
from approvals.access_requests.rows import RequestRow, levels_of, rows_of
from approvals.memberships import facts as members
from approvals.memberships import wording
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.rules import Authority
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from approvals.remits.in_words import ScopeSchools, schools_of_scopes
from approvals.remits.remit import Scope
from identity.accounts.person import Person


@dataclass(frozen=True)
class RequestPage:
    """A request as a decider sees it.

    belongs: whether the asker is a member of the organisation. schools: that the user groups open,
    by their scope. held: what they have of the service
    there now. lesser: user groups that may be given instead. refusal: why the reader cannot decide.
    """

    row: RequestRow
    group: UserGroup | None
    lesser: Sequence[UserGroup]
    schools: Mapping[Scope, ScopeSchools]
    answers: Sequence[tuple[str, str]]
    belongs: bool
    held: str
    refusal: Refusal | None


def count_waiting(organisation: Organisation, at: datetime) -> int:
    """Return how many requests the approvers of the organisation may decide."""
    statement = facts.pending_of_organisation(organisation, at)
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def waiting_requests(organisation: Organisation, at: datetime, *, page: int) -> Page[RequestRow]:
    """Return a page of the requests that the organisation's approvers may decide, oldest first."""
    statement = facts.pending_of_organisation(organisation, at)
    return _page(statement.order_by(PendingDecision.asked_at, PendingDecision.id), at, page)


def oldest_waiting(
    organisation: Organisation, at: datetime, most: int
) -> tuple[Sequence[RequestRow], int]:
    """Return the oldest requests that wait, at most so many, and how many there are in all."""
    statement = facts.pending_of_organisation(organisation, at)
    ordered = statement.order_by(PendingDecision.asked_at, PendingDecision.id)
    oldest = db.session.scalars(ordered.limit(most)).all()
    if len(oldest) < most:
        return rows_of(oldest, at), len(oldest)
    return rows_of(oldest, at), count_waiting(organisation, at)


def decided_requests(organisation: Organisation, at: datetime, *, page: int) -> Page[RequestRow]:
    """Return a page of the requests that have ended, the latest first.

    Those to the organisation, and those of others that its approvers decided.
    """
    statement = select(PendingDecision).where(
        PendingDecision.kind == ACCESS_REQUEST.name,
        PendingDecision.ended_at.is_not(None),
        or_(
            PendingDecision.organisation_id == organisation.id,
            PendingDecision.deciding_organisation_id == organisation.id,
        ),
    )
    return _page(
        statement.order_by(PendingDecision.ended_at.desc(), PendingDecision.id.desc()), at, page
    )


def operators_requests(at: datetime) -> Sequence[RequestRow]:
    """Return the requests that operators may decide, oldest first."""
    found = db.session.scalars(
        facts.may_be_passed_on(at).order_by(PendingDecision.asked_at, PendingDecision.id)
    ).all()
    return [
        row
        for row in rows_of(found, at)
        if Authority.OPERATOR in levels_of(row.decision, row.organisation, at)
    ]


def requests_without_decider(at: datetime) -> Sequence[RequestRow]:
    """Return the requests that nobody but their asker could decide, oldest first."""
    found = db.session.scalars(
        facts.may_be_passed_on(at).order_by(PendingDecision.asked_at, PendingDecision.id)
    ).all()
    return [row for row in rows_of(found, at) if not levels_of(row.decision, row.organisation, at)]


def request_for_approver(
    organisation: Organisation, public_id: str, reader: Person, at: datetime
) -> RequestPage | None:
    """Return the request if approvers of the organisation may see it.

    It is a request to the organisation, or one that was passed on to it. A request that somebody
    else decided meanwhile stays visible to those who were notified of it.
    """
    found = facts.by_public_id(public_id)
    if found is None:
        return None
    own = found.organisation_id == organisation.id
    if not own and found.deciding_organisation_id != organisation.id:
        waits_here = facts.pending_of_organisation(organisation, at).where(
            PendingDecision.id == found.id
        )
        if db.session.scalar(waits_here) is None and not _was_notified(found, reader):
            return None
    return _request_page(found, reader, at)


def request_for_operator(public_id: str, reader: Person, at: datetime) -> RequestPage | None:
    """Return the request of that id for an operator, or None."""
    found = facts.by_public_id(public_id)
    return _request_page(found, reader, at) if found is not None else None


def _request_page(decision: PendingDecision, reader: Person, at: datetime) -> RequestPage:
    row = rows_of([decision], at)[0]
    asked, organisation = AskedFor.of(decision), row.organisation
    offered = facts.groups_of(organisation, asked.service, at)
    group = Catalogue(at).group(asked.service, asked.user_group)
    membership = facts.membership_of(row.asker.id, organisation.id)
    held = members.held_groups(membership, at) if membership is not None else ()
    authority = rules.may_decide(
        members.deciders(organisation, at),
        decider=reader.id,
        asker=row.asker.id,
        asked_at=decision.asked_at,
        at=at,
    )
    lesser = rules.lesser_groups(group, offered) if group is not None else ()
    shown = [each for each in (group, *lesser) if each is not None]
    return RequestPage(
        row=row,
        group=group,
        lesser=lesser,
        schools=schools_of_scopes(organisation, [each.schools for each in shown], at),
        answers=asked.answers,
        belongs=membership is not None,
        held=wording.describe_groups(held, asked.service, at),
        refusal=authority if isinstance(authority, Refusal) else None,
    )


def _page(statement: Select[PendingDecision], at: datetime, page: int) -> Page[RequestRow]:
    found = paginate(statement, page=page)
    return Page(rows_of(found.rows, at), found.number, found.per_page, found.total)


def _was_notified(decision: PendingDecision, reader: Person) -> bool:
    found = db.session.scalar(
        select(RequestNotice.id)
        .where(RequestNotice.decision_id == decision.id, RequestNotice.account_id == reader.id)
        .limit(1)
    )
    return found is not None
