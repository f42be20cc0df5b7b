"""Journeys of pages: begun, answered a page at a time, and acted on once."""

from datetime import timedelta
from typing import Any

from flask import redirect
from sqlalchemy import select, update
from werkzeug.exceptions import HTTPException

from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from app.retention import Expired
from approvals.memberships.models import Journey, Membership
from approvals.memberships.rules import ANSWERS_CHANGED, RefusalError
from approvals.organisations.models import Organisation
from approvals.refusals import not_there

ADD_USER = "add_user"
CHANGE_ACCESS = "change_access"
APPOINT_APPROVER = "appoint_approver"
KEPT = timedelta(days=7)


class FinishedError(HTTPException):
    """The journey has been acted on: every page of it leads to where it ended."""

    def __init__(self, address: str) -> None:
        super().__init__(response=redirect(address, 303))


def begin(
    kind: str,
    organisation: Organisation,
    account_id: int,
    *,
    membership: Membership | None = None,
    **answers: Any,
) -> Journey:
    """Begin a journey of this person in the organisation."""
    with writing() as session:
        journey = Journey(
            kind=kind,
            organisation_id=organisation.id,
            account_id=account_id,
            membership_id=membership.id if membership else None,
            answers=answers,
        )
        session.add(journey)
        session.flush()
    return journey


def load(
    public_id: str,
    kind: str,
    organisation: Organisation,
    account_id: int,
    *,
    membership: Membership | None = None,
) -> Journey:
    """Return the person's journey in this organisation (about this membership). Raises NotFound."""
    journey = db.session.scalar(
        select(Journey).where(
            Journey.public_id == public_id,
            Journey.kind == kind,
            Journey.organisation_id == organisation.id,
            Journey.account_id == account_id,
        )
    )
    if journey is None or (membership is not None and journey.membership_id != membership.id):
        raise not_there("no such journey of this person")
    return journey


def answer(journey: Journey, **answers: Any) -> None:
    """Store answers in place of earlier ones to the same questions."""
    with writing() as session:
        session.refresh(journey, with_for_update=True)
        if journey.done_at is None:
            journey.answers = {**journey.answers, **answers}
            journey.version += 1


def claim_answers(journey: Journey, shown: str | None) -> bool:
    """Claim the journey on the answers that the check page showed; False where it was acted on.

    shown: the journey's version as the page carried it. One conditional UPDATE decides, so that a
    double click has one effect. An action that is refused afterwards rolls the claim back with
    everything else. Must run inside `writing()`. Raises RefusalError where the answers changed.
    """
    version = int(shown) if shown and shown.isdecimal() and len(shown) < 9 else -1
    if claim(
        update(Journey)
        .where(Journey.id == journey.id, Journey.done_at.is_(None), Journey.version == version)
        .values(done_at=now())
    ):
        return True
    db.session.refresh(journey)
    if journey.done_at is None:
        raise RefusalError(ANSWERS_CHANGED)
    return False


def expired() -> list[Expired]:
    """Return journeys that were begun long ago, finished or not."""
    return [Expired(Journey, Journey.started_at < now() - KEPT)]
