"""Decisions of two operators: both have to be operators when the second one decides."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, select, update

from app.database import db
from app.database.single_use import rows_changed
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account


def first_agreements(decisions: Collection[int]) -> dict[int, str]:
    """Return who agreed first to each of the decisions, by their keys, where that counts."""
    rows = db.session.execute(
        select(PendingDecision.id, PendingDecision.first_agreed_by).where(
            PendingDecision.id.in_(decisions),
            PendingDecision.first_agreed_by.is_not(None),
            ~_is_lost(),
        )
    )
    return {key: str(first) for key, first in rows}


def take_back_lost_agreement(decision: PendingDecision) -> None:
    """Take back the first agreement if its person is no operator any more, or is suspended.

    That of a command stays. To be called before `agree`, inside `writing()`.
    """
    rows_changed(
        update(PendingDecision)
        .where(PendingDecision.id == decision.id, PendingDecision.decided_at.is_(None), _is_lost())
        .values(first_agreed_by=None, first_agreed_at=None)
    )


def _is_lost() -> ColumnElement[bool]:
    """Return the condition that a person agreed first who is no active operator now."""
    first = PendingDecision.first_agreed_by
    is_of_person = exists().where(Account.subject == first).correlate(PendingDecision)
    is_of_operator = (
        exists()
        .where(
            Account.subject == first,
            ~Account.suspended,
            Operator.account_id == Account.id,
            Operator.open,
        )
        .correlate(PendingDecision)
    )
    return and_(is_of_person, ~is_of_operator)
