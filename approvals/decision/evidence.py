"""Rows that an answer about access rests on: who decided what, and from when to when.

`evaluation` decides which of them count. Nothing is decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import CLOCK_SLACK
from app.database import db
from app.database.dated_rows import has_begun, has_ended
from app.days import date_text, end_in_words
from approvals.activity.queries import actor_in_words
from approvals.decision import evaluation
from approvals.decision.decision import AccessDecision
from approvals.decision.facts import AccessFacts, GrantFacts, MembershipFacts
from approvals.memberships import wording
from approvals.memberships.models import Membership, MembershipSuspension, SuspensionKind
from approvals.memberships.queries import names_of
from approvals.memberships.waiting_access import decisions_about
from approvals.pending_decisions.decisions import Ending
from approvals.pending_decisions.models import PendingDecision

MEMBERSHIP, SUSPENSION, USER_GROUP = "Membership", "Suspension", "User group"
SECOND_APPROVER = "Second approver"


@dataclass(frozen=True)
class Evidence:
    """One row. topic: the thing that it is about. counts: whether it counts at the moment."""

    topic: str
    sentence: str
    counts: bool


def evidence_of(answer: AccessDecision, at: datetime) -> list[Evidence]:
    """Return the memberships in the organisation, their suspensions and the grants of the service.

    The latest begins the list of each topic. People have the names that they had when they decided.
    """
    facts = answer.facts.concerning()
    if not facts.memberships:
        return []
    rows = _memberships(facts.memberships)
    public_ids = [row.public_id for row in rows.values()]
    acts = _Acts(facts.organisation.public_id, public_ids)
    found = [
        Evidence(
            MEMBERSHIP,
            _membership(rows[each.id], acts),
            evaluation.membership_counts(facts, each, at),
        )
        for each in _latest_first(facts.memberships)
    ]
    found += [
        Evidence(SUSPENSION, _suspension(row, acts), counts=True)
        for row in _suspensions(facts.memberships, at)
    ]
    organisation_id = next(iter(rows.values())).organisation_id
    filed = decisions_about(organisation_id, public_ids, facts.service_code)
    agreed = [each for each in filed if each.ending == Ending.IN_EFFECT]
    found += [
        Evidence(
            USER_GROUP,
            _grant(each, facts, rows[each.membership], agreed, acts),
            evaluation.grant_counts(facts, each, at),
        )
        for each in _latest_first(facts.grants)
    ]
    found += [
        Evidence(SECOND_APPROVER, _waiting(each, facts, acts), counts=False)
        for each in filed
        if has_begun(each.asked_at, at) and not has_ended(each.ended_at, at)
    ]
    return found


class _Acts:
    """Acts about memberships, by the people and commands that the audit names."""

    def __init__(self, organisation: str, memberships: Sequence[str]) -> None:
        membership = AuditEvent.detail["membership"].as_string()
        self._rows: Mapping[str, list[AuditEvent]] = defaultdict(list)
        self._first: dict[str, AuditEvent] = {}
        for row in db.session.scalars(
            select(AuditEvent)
            .where(AuditEvent.organisation == organisation, membership.in_(memberships))
            .order_by(AuditEvent.id)
        ):
            self._rows[row.actor].append(row)
            self._first.setdefault(str(row.detail["membership"]), row)

    def name(self, identifier: str, moment: datetime) -> str:
        """Return the name that the actor had at the moment: that of the last act until then."""
        rows = [row for row in self._rows[identifier] if row.at <= moment + CLOCK_SLACK]
        rows = rows or self._rows[identifier]
        if rows:
            return actor_in_words(rows[-1])
        known = names_of([identifier]).get(identifier)
        return known or f"an operator (command {identifier})"

    def adder(self, membership: Membership) -> str | None:
        """Return who added the person, or None where the audit does not say it."""
        row = self._first.get(membership.public_id)
        if row is None or row.at > membership.valid_from + CLOCK_SLACK:
            return None
        return actor_in_words(row)


def _memberships(facts: Iterable[MembershipFacts]) -> dict[int, Membership]:
    keys = [each.id for each in facts]
    rows = db.session.scalars(select(Membership).where(Membership.id.in_(keys)))
    return {row.id: row for row in rows}


def _suspensions(facts: Iterable[MembershipFacts], at: datetime) -> Sequence[MembershipSuspension]:
    keys = [each.id for each in facts]
    return db.session.scalars(
        select(MembershipSuspension)
        .where(MembershipSuspension.membership_id.in_(keys), MembershipSuspension.counts_at(at))
        .order_by(MembershipSuspension.valid_from.desc(), MembershipSuspension.id.desc())
    ).all()


def _membership(row: Membership, acts: _Acts) -> str:
    added = acts.adder(row)
    text = f"From {date_text(row.valid_from)}"
    text += f", added by {added}" if added else ""
    text += f", accepted on {date_text(row.joined_at)}" if row.joined_at else ", not accepted"
    if row.valid_to is None:
        return f"{text}."
    text += f", until {end_in_words(row.valid_to)}"
    cause = wording.ENDINGS.get(row.ended_cause or "", "").lower()
    by = f" by {acts.name(row.ended_by, row.valid_to)}" if row.ended_by else ""
    return f"{text}: {cause}{by}." if cause else f"{text}{', ended' + by if by else ''}."


def _suspension(row: MembershipSuspension, acts: _Acts) -> str:
    by = f" by {acts.name(row.suspended_by, row.valid_from)}" if row.suspended_by else ""
    why = row.reason if row.kind == SuspensionKind.APPROVER and row.reason else row.cause
    return f"Since {date_text(row.valid_from)}{by}: {why.removesuffix('.')}."


def _grant(
    grant: GrantFacts,
    facts: AccessFacts,
    membership: Membership,
    agreed: Sequence[PendingDecision],
    acts: _Acts,
) -> str:
    group = facts.service.group(grant.user_group) if facts.service else None
    text = f"{group.name if group else grant.user_group} from {date_text(grant.valid_from)}"
    if grant.valid_to is not None:
        text += f" until {end_in_words(grant.valid_to)}"
    text += f", given by {acts.name(grant.given_by, grant.valid_from)}"
    second = _agreement(grant, facts.grants, membership, agreed)
    if second is not None and second.decided_by and second.decided_at:
        text += f", agreed to by {acts.name(second.decided_by, second.decided_at)}"
    return f"{text}."


def _waiting(decision: PendingDecision, facts: AccessFacts, acts: _Acts) -> str:
    names = [
        group.name
        for code in _groups_of(decision)
        if facts.service and (group := facts.service.group(code))
    ]
    giver = acts.name(decision.asked_by, decision.asked_at)
    return (
        f"{' and '.join(names)}, given by {giver} on {date_text(decision.asked_at)}, waits for a "
        "second approver."
    )


def _groups_of(decision: PendingDecision) -> list[str]:
    groups = decision.details["user_groups"]
    return [str(code) for code in groups] if isinstance(groups, list) else []


def _agreement(
    grant: GrantFacts,
    grants: Iterable[GrantFacts],
    membership: Membership,
    agreed: Sequence[PendingDecision],
) -> PendingDecision | None:
    """Return the second approver's decision for a grant, if there was one.

    A grant whose dates changed is closed and given anew at the same moment, and the decision for
    the first counts for the second. After a gap it does not.
    """
    begins = grant.valid_from
    before: dict[datetime, datetime] = {
        each.valid_to: each.valid_from
        for each in grants
        if (each.membership, each.user_group) == (grant.membership, grant.user_group)
        and has_ended(each.valid_to, grant.valid_from)
    }
    while begins in before and before[begins] < begins:
        begins = before.pop(begins)
    last_end = max((end for end in before if end < begins), default=None)
    for decision in reversed(agreed):
        if (
            decision.details["membership"] == membership.public_id
            and grant.user_group in _groups_of(decision)
            and decision.decided_at is not None
            and decision.decided_at <= grant.valid_from + CLOCK_SLACK
            and (last_end is None or decision.decided_at >= last_end)
        ):
            return decision
    return None


Row = TypeVar("Row", MembershipFacts, GrantFacts)


def _latest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.valid_from, reverse=True)
