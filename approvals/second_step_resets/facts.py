"""Gathering: what the rules must know about a decider and the person with the lost second step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.actors import Actor
from app.database import db
from approvals.memberships import facts, queries
from approvals.memberships.models import Membership
from approvals.memberships.rules import Authority
from approvals.operators import actions as operators
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import DecisionKind
from approvals.pending_decisions.models import PendingDecision
from approvals.second_step_resets import rules
from identity.accounts.models import Account
from identity.email_changes.queries import has_begun_change

SECOND_STEP_RESET = DecisionKind("second_step_reset", undecided=rules.UNDECIDED)
_DAY = timedelta(days=1)


def gather(account: Account, decider: Actor, organisation: Organisation | None) -> rules.ResetFacts:
    """Return the facts of a decision. organisation: the one as whose approver the decider acts."""
    who = facts.account_of(decider)
    return rules.ResetFacts(
        owner=account.id,
        owner_is_operator=operators.is_operator(account.id),
        owner_approves=approved_by(account.id),
        decider=who.id if who is not None else None,
        authority=authority(decider, who, organisation),
        decider_approves=approved_by(who.id) if who is not None else frozenset(),
        operators=frozenset(each.id for each in operators.active_operators()),
        began_address_change=has_begun_change(decider.identifier, account.id),
    )


def authority(decider: Actor, who: Account | None, organisation: Organisation | None) -> Authority:
    """Return the ground on which the decider acts: their own organisation, or as an operator."""
    if decider.kind != "person":
        return Authority.COMMAND
    if who is None or not who.active:
        return Authority.NONE
    if organisation is None:
        return Authority.OPERATOR if operators.is_operator(who.id) else Authority.NONE
    approvers = facts.active_approvers(organisation.id)
    return Authority.APPROVER if who.id in approvers.accounts else Authority.NONE


def approved_by(account_id: int) -> frozenset[int]:
    """Return the organisations that the person approves for now."""
    return frozenset(each.id for each in queries.approved_by(account_id))


def other_approvers(organisation_id: int, account_id: int) -> frozenset[int]:
    """Return the approvers of the organisation who can act, without this person."""
    return facts.active_approvers(organisation_id).accounts - {account_id}


def memberships_of(account_id: int) -> Sequence[tuple[Organisation, Membership]]:
    """Return the organisations that the person belongs to, each with the membership, by name."""
    return queries.organisations_of(account_id)


def organisations_of(account_id: int) -> list[Organisation]:
    """Return the organisations that the person belongs to, by name."""
    return [organisation for organisation, _ in memberships_of(account_id)]


def requests_in_a_day(account_id: int, at: datetime) -> int:
    """Count the requests of the last 24 hours about the person."""
    return (
        db.session.scalar(
            select(func.count()).where(
                PendingDecision.kind == SECOND_STEP_RESET.name,
                PendingDecision.account_id == account_id,
                PendingDecision.asked_at > at - _DAY,
            )
        )
        or 0
    )
