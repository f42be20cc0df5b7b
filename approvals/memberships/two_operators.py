"""Decisions of two operators: both have to be operators when the second one decides."""

from __future__ import annotations

from sqlalchemy import exists, update

from app.database.single_use import rows_changed
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account


def take_back_lost_agreement(decision: PendingDecision) -> None:
    """Take back the first agreement if its person is no operator any more, or is suspended.

    That of a command stays. To be called before `agree`, inside `writing()`.
    """
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
    rows_changed(
        update(PendingDecision)
        .where(
            PendingDecision.id == decision.id,
            PendingDecision.decided_at.is_(None),
            is_of_person,
            ~is_of_operator,
        )
        .values(first_agreed_by=None, first_agreed_at=None)
    )
