"""The way from an invitation's link to an account. Gather, decide, apply.

Nothing is used up until the last step: there the invitation is claimed, and account, password,
authenticator app and session appear together or not at all. A person who has an account signs in
and accepts instead; whoever invited him is told nothing about it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as DatabaseSession

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState, JoinJourney
from identity.accounts.names import clean_names
from identity.anonymous_rows import admit_row
from identity.credentials import password, totp
from identity.credentials.factor import NotProved
from identity.credentials.password import PASSWORD
from identity.credentials.totp import TOTP
from identity.ports import InvitationDescription, approvals
from identity.sessions.browser import bound_browser, browser_hash
from identity.sessions.lookup import person
from identity.sessions.models import Session
from identity.sign_in.actions import begin_session
from identity.statements import rows_changed

LIFETIME = timedelta(hours=4)


class TooLate(Exception):
    """The invitation was answered, withdrawn, sent anew or ran out meanwhile."""


def open_link(token: str) -> JoinJourney | None:
    """A journey of this browser for a link, expired ones included; None for what is no link."""
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


def find(public_id: str | None) -> tuple[JoinJourney, Invitation] | None:
    """This browser's journey and its invitation, as long as the link it came by is the last one."""
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


def describe(invitation: Invitation) -> InvitationDescription:
    """Who invites, and to what."""
    return approvals().describe_invitation(invitation)


def existing_account(invitation: Invitation) -> Account | None:
    """The account that the invited address already has."""
    found: Account | None = db.session.scalar(
        select(Account).where(
            Account.email_key == invitation.email_key, Account.joined_at.is_not(None)
        )
    )
    return found


def keep_names(journey: JoinJourney, given_name: str, family_name: str) -> None:
    """Keep the name as the person writes it. Raises RefusedText."""
    names = clean_names(given_name, family_name)
    with writing():
        journey.given_name, journey.family_name = names


def keep_password(journey: JoinJourney, password_hash: str) -> None:
    """The chosen password, hashed; with it the secret for the app is made."""
    with writing():
        journey.password_hash = password_hash
        journey.totp_secret = journey.totp_secret or totp.new_sealed_secret()


def finish(journey: JoinJourney, invitation: Invitation, code: str) -> Session | NotProved:
    """Prove the app, claim the invitation, create the account, sign in. Raises TooLate."""
    if not (journey.has_names and journey.password_hash and journey.totp_secret):
        raise TooLate
    step = totp.proves(journey.totp_secret, code)
    if isinstance(step, NotProved):
        return step
    with writing() as session:
        _claim(journey, invitation, InvitationState.ACCEPTED)
        if existing_account(invitation) is not None:
            # Another invitation of the same person was accepted meanwhile: this one waits for him
            # to sign in, and the claim is rolled back.
            raise TooLate
        account = Account(
            email=invitation.email,
            email_key=invitation.email_key,
            given_name=journey.given_name or "",
            family_name=journey.family_name or "",
            joined_at=now(),
        )
        session.add(account)
        session.flush()
        password.store(account.id, journey.password_hash)
        totp.store(account.id, journey.totp_secret, step)
        journey.password_hash = journey.totp_secret = None
        record("account.joined", actor=person(account), subject=account.subject)
        _accepted(invitation, account)
        return begin_session(account, [PASSWORD, TOTP], [])


def accept(journey: JoinJourney, invitation: Invitation, account: Account) -> None:
    """A signed-in person takes up an invitation to his own address. Raises TooLate."""
    if account.email_key != invitation.email_key:
        raise TooLate
    with writing():
        _claim(journey, invitation, InvitationState.ACCEPTED)
        _accepted(invitation, account)


def decline(journey: JoinJourney, invitation: Invitation) -> None:
    """ "This is not me." Raises TooLate."""
    with writing():
        _claim(journey, invitation, InvitationState.DECLINED)
        approvals().invitation_declined(invitation)
        record("invitation.declined", actor=ANONYMOUS, invitation=invitation.public_id)


def ask_again(invitation: Invitation) -> None:
    """Ask the inviting side for a new link in place of an expired one; once is enough."""
    with writing():
        asked = rows_changed(
            update(Invitation)
            .where(Invitation.id == invitation.id, Invitation.renewal_asked_at.is_(None))
            .values(renewal_asked_at=now())
        )
        if asked == 1:
            db.session.refresh(invitation)
            approvals().invitation_renewal_asked(invitation)
            record("invitation.renewal_asked", actor=ANONYMOUS, invitation=invitation.public_id)


def opened_by_another(invitation: Invitation, account: Account) -> None:
    """Note that somebody else's session opened the link."""
    with writing():
        record("invitation.refused", subject=account.subject, invitation=invitation.public_id)


def purge_journeys(_session: DatabaseSession) -> int:
    """Journeys whose time is over."""
    return rows_changed(delete(JoinJourney).where(JoinJourney.expires_at < now()))


def _claim(journey: JoinJourney, invitation: Invitation, state: InvitationState) -> None:
    if not invitations.claim(invitation, journey.token_hash, state):
        raise TooLate
    journey.finished_at = now()


def _accepted(invitation: Invitation, account: Account) -> None:
    invitations.accepted_by(invitation, account)
    approvals().invitation_accepted(invitation, account)
