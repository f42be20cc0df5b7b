"""Requests for a decision: filed, agreed to, refused, stopped, put into effect.

Each step is one conditional UPDATE on the state that it needs (`app.database.single_use`), so of
several deciders the first one counts. The caller records the audit row and the mails in the same
transaction and checks beforehand who may decide. All functions that change something must run
inside `writing()`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, true, update

from app.actors import SYSTEM, Actor
from app.clock import now
from app.database import db
from app.database.single_use import claim, insert_unless_present
from approvals.pending_decisions.models import PendingDecision

_insert = insert_unless_present(PendingDecision)


class Ending(enum.StrEnum):
    """How a decision ended."""

    IN_EFFECT = "in effect"
    REFUSED = "refused"
    STOPPED = "stopped"
    EXPIRED = "expired"


class Agreement(enum.Enum):
    """Result of an agreement."""

    DECIDED = enum.auto()
    FIRST_OF_TWO = enum.auto()
    TOO_LATE = enum.auto()
    """The decision was made or ended before, or the same person has agreed already."""


@dataclass(frozen=True)
class DecisionKind:
    """One kind of decision, by the name that its rows carry.

    undecided: time after which a request without a decision ends; none for one that stays open.
    """

    name: str
    undecided: timedelta | None

    def file(
        self,
        account_id: int | None,
        *,
        asked_by: Actor,
        organisation_id: int | None = None,
        reason: str | None = None,
        details: Mapping[str, object] | None = None,
        takes_effect_at: datetime | None = None,
    ) -> PendingDecision | None:
        """Store a request, or return None where one about this person is open already.

        account_id: none for a person without an account; the caller then makes sure, under the
        organisation's lock, that no other is open there. takes_effect_at: for a request that
        only its asker decides.
        """
        at = now()
        for each in self.undecided_too_long(at, account_id):
            end(each, Ending.EXPIRED, SYSTEM, PendingDecision.decided_at.is_(None))
        added = _insert(
            kind=self.name,
            account_id=account_id,
            organisation_id=organisation_id,
            asked_by=asked_by.identifier,
            asked_at=at,
            reason=reason,
            details=dict(details or {}),
            undecided_until=at + self.undecided if self.undecided is not None else None,
            decided_by=asked_by.identifier if takes_effect_at is not None else None,
            decided_at=at if takes_effect_at is not None else None,
            takes_effect_at=takes_effect_at,
        )
        return self.open_about(account_id, organisation_id) if added else None

    def open_about(
        self, account_id: int | None, organisation_id: int | None = None
    ) -> PendingDecision | None:
        """Return the decision about this person that has not ended, or None."""
        found: PendingDecision | None = db.session.scalar(
            select(PendingDecision)
            .where(
                PendingDecision.kind == self.name,
                PendingDecision.account_id.is_not_distinct_from(account_id),
                PendingDecision.organisation_id.is_not_distinct_from(organisation_id),
                has_not_ended(now()),
            )
            .execution_options(populate_existing=True)
        )
        return found

    def due(self, at: datetime) -> Sequence[PendingDecision]:
        """Return the decisions whose effect is due, the earliest first."""
        return db.session.scalars(
            select(PendingDecision)
            .where(
                PendingDecision.kind == self.name,
                PendingDecision.ended_at.is_(None),
                PendingDecision.takes_effect_at <= at,
            )
            .order_by(PendingDecision.takes_effect_at)
        ).all()

    def undecided_too_long(
        self, at: datetime, account_id: int | None = None
    ) -> Sequence[PendingDecision]:
        """Return the requests that expired without a decision, of one person or of all."""
        return db.session.scalars(
            select(PendingDecision).where(
                PendingDecision.kind == self.name,
                PendingDecision.ended_at.is_(None),
                PendingDecision.decided_at.is_(None),
                PendingDecision.undecided_until <= at,
                PendingDecision.account_id == account_id if account_id is not None else true(),
            )
        ).all()


def has_not_ended(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a decision waits: for its deciders, or for its effect."""
    return and_(
        PendingDecision.ended_at.is_(None),
        or_(
            PendingDecision.decided_at.is_not(None),
            PendingDecision.undecided_until.is_(None),
            PendingDecision.undecided_until > at,
        ),
    )


def agree(
    decision: PendingDecision,
    decider: Actor,
    *,
    deciders: int,
    takes_effect_at: datetime,
    organisation_id: int | None = None,
    details: Mapping[str, object],
) -> Agreement:
    """Agree to the request, as the first or second of `deciders` different people.

    The person who asked decides nothing. organisation_id: the one as whose approver the decider
    acts. details: replace those of the request.
    """
    at = now()
    undecided: tuple[ColumnElement[bool], ...] = (
        PendingDecision.id == decision.id,
        has_not_ended(at),
        PendingDecision.decided_at.is_(None),
        PendingDecision.asked_by != decider.identifier,
    )
    agreed = PendingDecision.first_agreed_by
    if deciders > 1:
        first = update(PendingDecision).where(*undecided, agreed.is_(None))
        if claim(
            first.values(
                first_agreed_by=decider.identifier, first_agreed_at=at, details=dict(details)
            )
        ):
            return Agreement.FIRST_OF_TWO
        undecided = (*undecided, agreed.is_not(None))
    decided = claim(
        update(PendingDecision)
        .where(*undecided, or_(agreed.is_(None), agreed != decider.identifier))
        .values(
            decided_by=decider.identifier,
            decided_at=at,
            deciding_organisation_id=organisation_id,
            takes_effect_at=takes_effect_at,
            details=dict(details),
        )
    )
    return Agreement.DECIDED if decided else Agreement.TOO_LATE


def end(
    decision: PendingDecision,
    ending: Ending,
    by: Actor,
    *state: ColumnElement[bool],
    reason: str | None = None,
) -> bool:
    """End the decision if it has not ended and is in this state; True for one of several callers.

    The caller of an ending `IN_EFFECT` puts it into effect in the same transaction.
    """
    return claim(
        update(PendingDecision)
        .where(PendingDecision.id == decision.id, PendingDecision.ended_at.is_(None), *state)
        .values(ended_at=now(), ending=ending.value, ended_by=by.identifier, end_reason=reason)
    )


def postpone(decision: PendingDecision, until: datetime) -> bool:
    """Move the effect of a decision that has not ended to a later moment."""
    return claim(
        update(PendingDecision)
        .where(PendingDecision.id == decision.id, PendingDecision.ended_at.is_(None))
        .values(takes_effect_at=until)
    )
