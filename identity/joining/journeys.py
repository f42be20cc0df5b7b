"""Journeys of joining: begun by an invitation's link, found again by their browser."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, or_, select

from app.clock import now
from app.database import db, writing
from app.retention import Expired
from identity.accounts import invitations
from identity.accounts.models import Invitation, InvitationState, JoinJourney
from identity.sessions.anonymous_rows import admit_row
from identity.sessions.browser_binding import bound_browser, browser_hash

LIFETIME = timedelta(hours=4)
# For so long after that a page that was left open leads on.
REMEMBERED = timedelta(days=1)


def open_link(token: str) -> JoinJourney | None:
    """Begin a journey of this browser for a link, also an expired one; None for no link."""
    invitation = invitations.by_token(token)
    if invitation is None or invitation.token_hash is None:
        return None
    admit_row()
    with writing() as session:
        journey = JoinJourney(
            browser_hash=bound_browser(),
            invitation_id=invitation.id,
            token_hash=invitation.token_hash,
            expires_at=now() + LIFETIME,
        )
        session.add(journey)
        session.flush()
    return journey


def find_journey(public_id: str | None) -> tuple[JoinJourney, Invitation] | None:
    """Return this browser's journey and invitation, if its link is the newest; else None."""
    browser = browser_hash()
    if not public_id or browser is None:
        return None
    row = db.session.execute(
        select(JoinJourney, Invitation)
        .join(Invitation, Invitation.id == JoinJourney.invitation_id)
        .where(
            JoinJourney.public_id == public_id,
            JoinJourney.browser_hash == browser,
            JoinJourney.expires_at > now(),
            JoinJourney.finished_at.is_(None),
            Invitation.state == InvitationState.OPEN.value,
            Invitation.token_hash == JoinJourney.token_hash,
        )
    ).first()
    return (row[0], row[1]) if row is not None else None


def begin_again(public_id: str | None) -> JoinJourney | None:
    """Return a journey in place of this browser's one whose time is over, its names kept.

    None where there is no such journey, or its link no longer works.
    """
    browser = browser_hash()
    if not public_id or browser is None:
        return None
    over = db.session.scalar(
        select(JoinJourney)
        .join(Invitation, Invitation.id == JoinJourney.invitation_id)
        .where(
            JoinJourney.public_id == public_id,
            JoinJourney.browser_hash == browser,
            JoinJourney.expires_at <= now(),
            JoinJourney.finished_at.is_(None),
            Invitation.state == InvitationState.OPEN.value,
            Invitation.token_hash == JoinJourney.token_hash,
        )
    )
    if over is None:
        return None
    with writing() as session:
        journey = JoinJourney(
            browser_hash=browser,
            invitation_id=over.invitation_id,
            token_hash=over.token_hash,
            given_name=over.given_name,
            family_name=over.family_name,
            expires_at=now() + LIFETIME,
        )
        session.add(journey)
        session.flush()
    return journey


def has_declined(public_id: str | None) -> bool:
    """Return whether this browser's journey of that id declined its invitation."""
    browser = browser_hash()
    if not public_id or browser is None:
        return False
    state = db.session.scalar(
        select(Invitation.state)
        .join(JoinJourney, JoinJourney.invitation_id == Invitation.id)
        .where(
            JoinJourney.public_id == public_id,
            JoinJourney.browser_hash == browser,
            JoinJourney.finished_at.is_not(None),
        )
    )
    return state == InvitationState.DECLINED.value


def expired() -> list[Expired]:
    """Return the secrets of journeys that are over, and journeys that no open page needs."""
    at = now()
    secrets = or_(JoinJourney.password_hash.is_not(None), JoinJourney.totp_secret.is_not(None))
    return [
        Expired(
            JoinJourney,
            and_(JoinJourney.expires_at < at, secrets),
            values={"password_hash": None, "totp_secret": None},
        ),
        Expired(JoinJourney, JoinJourney.expires_at < at - REMEMBERED),
    ]
