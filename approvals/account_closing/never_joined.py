"""People who were invited and never joined: their names and addresses are erased.

They have no account. Each invitation that ended without one is erased on its own, with what it was
to give, under a pseudonym of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from app.actors import SYSTEM
from app.audit import record, replace_personal_text
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from approvals.account_closing.personal_data import (
    PERSONAL_FIELDS,
    TABLES_OF_INVITED,
    is_appointment_without_account,
    is_ended_proposal_of,
    is_membership_without_account,
)
from approvals.account_closing.pseudonym import Pseudonym
from approvals.memberships.models import Membership
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Invitation
from identity.settings import settings

_AT_ONCE = 200


def erase_invitations() -> None:
    """Erase the invitations that ended long enough ago, some at once.

    As with an account the audit is changed first, by one search for all of them.
    """
    at = now()
    keys = db.session.scalars(
        select(Invitation.id).where(_is_to_be_erased(at)).order_by(Invitation.id).limit(_AT_ONCE)
    ).all()
    replace_personal_text(_pseudonyms(keys), PERSONAL_FIELDS)
    for key in keys:
        _erase(key, at)


def _is_to_be_erased(at: datetime) -> ColumnElement[bool]:
    ended_by = at - timedelta(days=settings().account_erasure_days)
    return (
        Invitation.account_id.is_(None)
        & Invitation.erased_at.is_(None)
        & (Invitation.closed_at <= ended_by)
    )


def _pseudonyms(keys: Collection[int]) -> dict[str, str]:
    """Return the pseudonyms of the invited people, by the identifiers that events have of them."""
    statements = (
        select(Membership.public_id, Invitation)
        .join(Invitation, is_membership_without_account(Invitation))
        .where(Invitation.id.in_(keys)),
        select(Operator.public_id, Invitation)
        .join(Invitation, is_appointment_without_account(Invitation))
        .where(Invitation.id.in_(keys)),
        select(PendingDecision.public_id, Invitation)
        .join(Invitation, is_ended_proposal_of(Invitation))
        .where(Invitation.id.in_(keys)),
    )
    return {
        identifier: Pseudonym.of(invitation).name
        for statement in statements
        for identifier, invitation in db.session.execute(statement).all()
    }


def _erase(key: int, at: datetime) -> None:
    with writing():
        if not claim(
            update(Invitation)
            .where(Invitation.id == key, _is_to_be_erased(at))
            .values(erased_at=now())
        ):
            return
        invitation = db.session.get_one(Invitation, key, populate_existing=True)
        for each in TABLES_OF_INVITED:
            each.apply(invitation, Pseudonym.of(invitation))
        record("invitation.erased", actor=SYSTEM, invitation=invitation.public_id)
