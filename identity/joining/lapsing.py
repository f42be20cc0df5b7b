"""The worker ends invitations that have lapsed, each once and with what it was to give."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from app.actors import SYSTEM
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from identity.accounts.lapsing import has_lapsed
from identity.accounts.models import Invitation, InvitationState
from identity.accounts.sent_invitation import sent_invitation
from identity.ports import approvals

EVERY = 3600.0
"""Seconds between two calls of `end_lapsed`."""
_AT_ONCE = 200


def end_lapsed() -> None:
    """End the invitations for which it is time, some at once."""
    at = now()
    lapsed = select(Invitation.id).where(has_lapsed(at)).order_by(Invitation.id).limit(_AT_ONCE)
    for invitation_id in db.session.scalars(lapsed).all():
        _end(invitation_id, at)


def _end(invitation_id: int, at: datetime) -> None:
    with writing():
        if not claim(
            update(Invitation)
            .where(Invitation.id == invitation_id, has_lapsed(at))
            .values(state=InvitationState.LAPSED.value, token_hash=None, closed_at=at)
        ):
            return
        invitation = db.session.get_one(Invitation, invitation_id, populate_existing=True)
        approvals().invitation_lapsed(sent_invitation(invitation))
        record("invitation.lapsed", actor=SYSTEM, invitation=invitation.public_id)
