"""Memberships that give nothing until an approver agrees, after a reset of the second step.

Another organisation decided about the reset. The access in this one stays closed meanwhile, and an
approver of it agrees or removes the person.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, exists, or_

from app.actors import SYSTEM, Actor
from approvals.memberships.models import Membership
from approvals.pending_decisions.decisions import DecisionKind, Ending, end
from approvals.pending_decisions.models import PendingDecision

ACCESS_AFTER_RESET = DecisionKind("access_after_reset", undecided=None)


def is_closed_by_reset_at(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that a membership was closed by a reset at the moment.

    A membership that began after the reset was given by an approver who knew of it.
    """
    return _closed_by_reset(
        PendingDecision.asked_at <= at,
        or_(PendingDecision.ended_at.is_(None), PendingDecision.ended_at > at),
    )


def is_closed_by_reset() -> ColumnElement[bool]:
    """Return the condition that a membership is closed by a reset now."""
    return _closed_by_reset(PendingDecision.ended_at.is_(None))


def close_access(account_id: int, organisation_id: int, *, asked_by: Actor) -> None:
    """Close the person's access in the organisation until an approver of it agrees.

    Must run inside `writing()`.
    """
    # An earlier one may be about a membership that has ended, and would close nothing now.
    earlier = ACCESS_AFTER_RESET.open_about(account_id, organisation_id)
    if earlier is not None:
        end(earlier, Ending.STOPPED, SYSTEM)
    ACCESS_AFTER_RESET.file(account_id, organisation_id=organisation_id, asked_by=asked_by)


def _closed_by_reset(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            PendingDecision.kind == ACCESS_AFTER_RESET.name,
            PendingDecision.account_id == Membership.account_id,
            PendingDecision.organisation_id == Membership.organisation_id,
            PendingDecision.asked_at >= Membership.valid_from,
            *conditions,
        )
        .correlate(Membership)
    )
