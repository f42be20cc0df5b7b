"""Journeys of joining: begun by an invitation's link, found again by their browser."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, or_

from app.clock import now
from app.database import db
from app.journeys import Phase
from app.retention import Expired
from identity.accounts import invitations
from identity.accounts.models import Invitation, InvitationState, JoinJourney
from identity.credentials.set_up_states import SetUpStates
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys

LIFETIME = timedelta(hours=4)
# For so long after that a page that was left open leads on.
REMEMBERED = timedelta(days=1)
JOININGS = BrowserJourneys(
    JoinJourney,
    owner=[JoinJourney.browser_hash],
    expires=JoinJourney.expires_at,
    finished=JoinJourney.finished_at,
)
SET_UPS = SetUpStates(JoinJourney, JOININGS)


def open_link(token: str, browser: Browser) -> JoinJourney | None:
    """Begin a journey of the browser for a link, also an expired one; None for no link."""
    invitation = invitations.by_token(token)
    if invitation is None or invitation.token_hash is None:
        return None
    return JOININGS.begin_in(
        browser,
        JoinJourney(
            browser_hash=browser.secret_hash,
            invitation_id=invitation.id,
            token_hash=invitation.token_hash,
            expires_at=now() + LIFETIME,
        ),
    )


def find_journey(public_id: str | None, browser: Browser) -> tuple[JoinJourney, Invitation] | None:
    """Return the browser's journey and invitation, if its link is the newest; else None."""
    journey = JOININGS.find(public_id, browser.secret_hash)
    invitation = _open_invitation(journey)
    return (journey, invitation) if journey is not None and invitation is not None else None


def begin_again(public_id: str | None, browser: Browser) -> JoinJourney | None:
    """Return a journey in place of the browser's one whose time is over, its names kept.

    None where there is no such journey, or its link no longer works.
    """
    over = JOININGS.find(public_id, browser.secret_hash, phase=Phase.ENDED)
    if over is None or over.finished_at is not None or _open_invitation(over) is None:
        return None
    return JOININGS.begin_in(
        browser,
        JoinJourney(
            browser_hash=over.browser_hash,
            invitation_id=over.invitation_id,
            token_hash=over.token_hash,
            given_name=over.given_name,
            family_name=over.family_name,
            expires_at=now() + LIFETIME,
        ),
    )


def has_declined(public_id: str | None, browser: Browser) -> bool:
    """Return whether the browser's journey of that id declined its invitation."""
    over = JOININGS.find(public_id, browser.secret_hash, phase=Phase.ENDED)
    if over is None or over.finished_at is None:
        return False
    invitation = db.session.get(Invitation, over.invitation_id)
    return invitation is not None and invitation.state == InvitationState.DECLINED.value


def _open_invitation(journey: JoinJourney | None) -> Invitation | None:
    """Return the invitation if the journey's link is still its newest."""
    invitation = db.session.get(Invitation, journey.invitation_id) if journey else None
    if journey is None or invitation is None or invitation.token_hash != journey.token_hash:
        return None
    return invitation if invitation.state == InvitationState.OPEN.value else None


def expired() -> list[Expired]:
    """Return the secrets of journeys that are over, and journeys that no open page needs."""
    at = now()
    kept = {"password_hash", *SET_UPS.cleared()}
    secrets = or_(*(getattr(JoinJourney, name).is_not(None) for name in sorted(kept)))
    return [
        Expired(
            JoinJourney,
            and_(JoinJourney.expires_at < at, secrets),
            values=dict.fromkeys(kept),
        ),
        JOININGS.expired(REMEMBERED),
    ]
