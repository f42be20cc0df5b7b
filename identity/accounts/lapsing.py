"""The end of invitations that were neither answered nor sent again: they lapse.

An invitation lapses some time after its link expired. Until then it can be sent again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from app.database import db
from identity.accounts.models import Invitation, InvitationState
from identity.settings import settings


def lapses_at(invitation: Invitation) -> datetime:
    """Return the moment from which on the invitation lapses unless it is sent again."""
    counted_from = invitation.lapse_counted_from or invitation.expires_at
    return max(invitation.expires_at, counted_from) + _time_left()


def lapses_of(invitations: Collection[int]) -> dict[int, datetime]:
    """Return when open invitations lapse, by their keys."""
    found = db.session.scalars(
        select(Invitation).where(
            Invitation.id.in_(invitations), Invitation.state == InvitationState.OPEN.value
        )
    )
    return {each.id: lapses_at(each) for each in found}


def has_lapsed(at: datetime) -> ColumnElement[bool]:
    """Return the condition that an open invitation expired long enough before the moment."""
    expired_by = at - _time_left()
    counted_from = Invitation.lapse_counted_from
    return and_(
        Invitation.state == InvitationState.OPEN.value,
        Invitation.has_expired(expired_by),
        or_(counted_from.is_(None), counted_from <= expired_by),
    )


def _time_left() -> timedelta:
    return timedelta(days=settings().unanswered_invitation_days)
