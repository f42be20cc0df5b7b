"""The way from an invitation's link to an account. Gather, decide, apply.

Nothing is used up until the last step: there the invitation is claimed, and account, password,
authenticator app and session appear together or not at all. A person who has an account signs in
and accepts instead; the approver who invited them learns nothing about it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState, JoinJourney
from identity.accounts.names import clean_names
from identity.accounts.person import actor_of
from identity.accounts.sent_invitation import sent_invitation
from identity.credentials import password, totp
from identity.credentials.factor import ProofRejected
from identity.credentials.password import PASSWORD
from identity.credentials.totp import TOTP
from identity.joining.journeys import JOININGS, LIFETIME
from identity.ports import InvitationDescription, approvals
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import lock_session
from identity.sessions.models import Session
from identity.sign_in.session_actions import begin_session


class InvitationOver(Exception):
    """The invitation was answered, withdrawn, sent again or expired meanwhile."""


@dataclass(frozen=True)
class _Draft:
    """The answers of a journey for the account to come, read by one statement."""

    id: int
    token_hash: str
    given_name: str
    family_name: str
    password_hash: str
    totp_secret: str


def describe(invitation: Invitation) -> InvitationDescription:
    """Return the sender of the invitation and its organisation."""
    return approvals().describe_invitation(sent_invitation(invitation))


def existing_account(invitation: Invitation) -> Account | None:
    """Return the account that the invited address already has."""
    found: Account | None = db.session.scalar(
        select(Account).where(
            Account.email_key == invitation.email_key, Account.joined_at.is_not(None)
        )
    )
    return found


def keep_names(journey: JoinJourney, given_name: str, family_name: str) -> None:
    """Store the name as the person writes it. Raises RefusalError."""
    given, family = clean_names(given_name, family_name)
    with writing():
        JOININGS.advance(journey.id, given_name=given, family_name=family)


def keep_password(journey: JoinJourney, password_hash: str) -> None:
    """Store the hash of the chosen password, and make the app's secret where there is none."""
    with writing():
        JOININGS.advance(journey.id, password_hash=password_hash)
        JOININGS.advance(
            journey.id, JoinJourney.totp_secret.is_(None), totp_secret=totp.new_sealed_secret()
        )


def finish(
    journey: JoinJourney, invitation: Invitation, code: str, browser: Browser
) -> StartedSession | ProofRejected:
    """Prove the app, claim journey and invitation, create the account and sign in.

    The account gets exactly what the journey held when the code was proved. Raises InvitationOver.
    """
    draft = _draft(journey)
    if draft is None:
        raise InvitationOver
    step = totp.proves(draft.totp_secret, code)
    if isinstance(step, ProofRejected):
        return step
    with writing() as session:
        _claim(draft)
        _answer(draft.token_hash, invitation, InvitationState.ACCEPTED)
        if existing_account(invitation) is not None:
            # Another invitation of the same person was accepted meanwhile: this one waits until
            # they sign in, and the claim is rolled back.
            raise InvitationOver
        account = Account(
            email=invitation.email,
            email_key=invitation.email_key,
            given_name=draft.given_name,
            family_name=draft.family_name,
            joined_at=now(),
        )
        session.add(account)
        session.flush()
        password.store(account.id, draft.password_hash)
        totp.store(account.id, draft.totp_secret, step)
        record("account.joined", actor=actor_of(account), subject=account.subject)
        _record_acceptance(invitation, account)
        return begin_session(account, [PASSWORD, TOTP], [], browser)


def accept(journey: JoinJourney, invitation: Invitation, session: Session) -> None:
    """Accept the invitation for the signed-in person, whose address it names.

    Raises InvitationOver.
    """
    account, token_hash = session.account, journey.token_hash
    if account.email_key != invitation.email_key:
        raise InvitationOver
    with writing():
        lock_session(session)
        _finish(journey)
        _answer(token_hash, invitation, InvitationState.ACCEPTED)
        _record_acceptance(invitation, account)


def accepted_recently(public_id: str | None, account: Account) -> bool:
    """Return whether the account accepted the invitation within the time of one journey."""
    invitation = invitations.by_public_id(public_id)
    return (
        invitation is not None
        and invitation.account_id == account.id
        and invitation.state == InvitationState.ACCEPTED.value
        and invitation.closed_at is not None
        and invitation.closed_at > now() - LIFETIME
    )


def decline(journey: JoinJourney, invitation: Invitation) -> None:
    """Decline the invitation: its address is not this person's. Raises InvitationOver."""
    token_hash = journey.token_hash
    with writing():
        _finish(journey)
        _answer(token_hash, invitation, InvitationState.DECLINED)
        approvals().invitation_declined(sent_invitation(invitation))
        record("invitation.declined", actor=ANONYMOUS, invitation=invitation.public_id)


def ask_again(invitation: Invitation) -> None:
    """Ask the inviting side for a new link in place of an expired one; once is enough."""
    with writing():
        if not claim(
            update(Invitation)
            .where(Invitation.id == invitation.id, Invitation.renewal_asked_at.is_(None))
            .values(renewal_asked_at=now())
        ):
            return
        db.session.refresh(invitation)
        approvals().invitation_renewal_asked(sent_invitation(invitation))
        record("invitation.renewal_asked", actor=ANONYMOUS, invitation=invitation.public_id)


def opened_by_another(invitation: Invitation, account: Account) -> None:
    """Note that somebody else's session opened the link."""
    with writing():
        record("invitation.refused", subject=account.subject, invitation=invitation.public_id)


def _draft(journey: JoinJourney) -> _Draft | None:
    row = db.session.execute(
        select(
            JoinJourney.id,
            JoinJourney.token_hash,
            JoinJourney.given_name,
            JoinJourney.family_name,
            JoinJourney.password_hash,
            JoinJourney.totp_secret,
        ).where(JoinJourney.id == journey.id, JOININGS.is_open())
    ).first()
    if row is None or None in row:
        return None
    return _Draft(
        id=row.id,
        token_hash=row.token_hash,
        given_name=row.given_name or "",
        family_name=row.family_name or "",
        password_hash=row.password_hash or "",
        totp_secret=row.totp_secret or "",
    )


def _finish(journey: JoinJourney) -> None:
    """Finish the journey. Raises InvitationOver where it has ended."""
    if not JOININGS.finish(journey.id):
        raise InvitationOver


def _claim(draft: _Draft) -> None:
    """Finish the journey on the answers that were proved.

    Raises InvitationOver where it holds other answers now, or has ended.
    """
    if not JOININGS.finish(
        draft.id,
        JoinJourney.given_name == draft.given_name,
        JoinJourney.family_name == draft.family_name,
        JoinJourney.password_hash == draft.password_hash,
        JoinJourney.totp_secret == draft.totp_secret,
        password_hash=None,
        totp_secret=None,
    ):
        raise InvitationOver


def _answer(token_hash: str, invitation: Invitation, state: InvitationState) -> None:
    """Claim the invitation under the link that this journey came by. Raises InvitationOver."""
    if not invitations.claim_answer(invitation, token_hash, state):
        raise InvitationOver


def _record_acceptance(invitation: Invitation, account: Account) -> None:
    invitations.accepted_by(invitation, account)
    approvals().invitation_accepted(sent_invitation(invitation), account)
