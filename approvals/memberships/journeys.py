"""Journeys of pages: begun, answered a page at a time, and acted on once."""

from datetime import timedelta
from typing import Any

from flask import redirect
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from app.clock import now
from app.database import db, writing
from approvals.memberships.access import not_there
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation

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
    """This person's journey in this organisation (about this membership); else no such page."""
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
    """Keeps answers, in place of earlier ones to the same questions."""
    with writing():
        journey.answers = {**journey.answers, **answers}


def claim(journey: Journey) -> bool:
    """Whether it is this request that acts on the journey; inside `writing()`.

    One conditional UPDATE decides, so that a double click has one effect. An action that is
    refused afterwards rolls the claim back with everything else.
    """
    claimed = db.session.execute(
        update(Journey)
        .where(Journey.id == journey.id, Journey.done_at.is_(None))
        .values(done_at=now())
        .returning(Journey.id)
    )
    return claimed.scalar_one_or_none() is not None


def purge(session: Session) -> int:
    """Journeys that were begun long ago go, finished or not."""
    gone = session.execute(
        delete(Journey).where(Journey.started_at < now() - KEPT).returning(Journey.id)
    )
    return len(gone.all())
