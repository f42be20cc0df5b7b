"""Stand-ins: members who can act as approvers from a first to a last day.

`approvers.can_approve` honours both days at the moment it is asked, so that no job ends a spell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, select, update

from app.actors import Actor
from app.database import db
from app.database.single_use import changed_any
from approvals.memberships.models import Membership, StandIn
from approvals.organisations.models import Organisation


@dataclass(frozen=True)
class StandInRow:
    """A spell that runs or lies ahead, with its person."""

    stand_in: StandIn
    membership: Membership


def current_spell(membership: Membership, at: datetime) -> StandIn | None:
    """Return the member's spell that runs or lies ahead. There is one at most."""
    found: StandIn | None = db.session.scalar(
        select(StandIn)
        .where(StandIn.membership_id == membership.id, _runs_or_lies_ahead(at))
        .execution_options(populate_existing=True)
    )
    return found


def spells_of(organisation: Organisation, at: datetime) -> Sequence[StandInRow]:
    """Return the spells of the organisation that run or lie ahead, the earliest first."""
    rows = db.session.execute(
        select(StandIn, Membership)
        .join(Membership, Membership.id == StandIn.membership_id)
        .where(
            Membership.organisation_id == organisation.id,
            Membership.open,
            _runs_or_lies_ahead(at),
        )
        .order_by(StandIn.valid_from, StandIn.id)
    )
    return [StandInRow(row[0], row[1]) for row in rows]


def is_matter_of_approvers(membership: Membership, at: datetime) -> bool:
    """Return whether an act about the member changes who approves: approvers and stand-ins."""
    return membership.is_approver or current_spell(membership, at) is not None


def end_spell(membership: Membership, *, at: datetime, ended_by: Actor) -> bool:
    """End the member's spell; False where none runs or lies ahead. Must run inside `writing()`."""
    return changed_any(
        update(StandIn)
        .where(StandIn.membership_id == membership.id, _runs_or_lies_ahead(at))
        .values(
            valid_to=case((StandIn.valid_from > at, StandIn.valid_from), else_=at),
            planned_to=StandIn.valid_to,
            ended_by=ended_by.identifier,
        )
    )


def ended_with(membership: Membership) -> bool:
    """Return whether the end of the membership ended a spell."""
    found = db.session.scalar(
        select(StandIn.id)
        .where(
            StandIn.membership_id == membership.id,
            StandIn.valid_to >= membership.valid_to,
            StandIn.planned_to.is_not(None),
        )
        .limit(1)
    )
    return found is not None


def continue_in(membership: Membership, continued: Membership, at: datetime) -> None:
    """Continue the spell in a membership that continues another one, until the same day."""
    spell = current_spell(membership, at)
    if spell is not None:
        db.session.add(
            StandIn(
                membership_id=continued.id,
                valid_from=max(at, spell.valid_from),
                valid_to=spell.valid_to,
                named_by=spell.named_by,
            )
        )


def _runs_or_lies_ahead(at: datetime) -> ColumnElement[bool]:
    """Return the condition of a spell that counts now or later.

    One that was ended before it began has no time at all.
    """
    return and_(StandIn.valid_to > at, StandIn.valid_to > StandIn.valid_from)
