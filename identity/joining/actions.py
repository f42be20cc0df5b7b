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
from app.database.single_use import claim, unique_or
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState, JoinJourney
from identity.accounts.names import clean_names
from identity.accounts.person import Person, actor_of
from identity.accounts.sent_invitation import sent_invitation
from identity.credentials import password
from identity.credentials.actions import make_recovery_codes
from identity.credentials.factor import ProofRejected, SetUp
from identity.credentials.hashing import hash_password
from identity.credentials.password import PASSWORD
from identity.credentials.password_context import password_owner
from identity.credentials.password_rules import Owner
from identity.email_changes.queries import account_formerly_at
from identity.joining import rules
from identity.joining.journeys import JOININGS, LIFETIME, SET_UPS
from identity.joining.rules import FirstPage, NextStep
from identity.ports import InvitationDescription, approvals
from identity.sessions.actions import StartedSession
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import lock_session
from identity.sessions.token_renewal import renew_token
from identity.sessions.user_agent import describe_user_agent
from identity.sign_in.session_actions import begin_session


class InvitationOver(Exception):
    """The invitation was answered, withdrawn, sent again or expired meanwhile."""


@dataclass(frozen=True)
class Joined:
    """A person who has joined: their session, and the id of the page with their recovery codes."""

    started: StartedSession
    recovery_codes: str


@dataclass(frozen=True)
class _Draft:
    """The answers of a journey for the account to come, read by one statement."""

    id: int
    token_hash: str
    given_name: str
    family_name: str
    password_hash: str | None
    set_up_state: str


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


def choose_password(journey: JoinJourney, invitation: Invitation, chosen: str) -> str | None:
    """Store the hash of the chosen password; return why it was refused instead, or None."""
    refusal = password.why_refused(chosen, _owner(journey, invitation))
    if refusal is not None:
        return refusal
    password_hash = hash_password(chosen)
    with writing():
        JOININGS.advance(journey.id, password_hash=password_hash)
    return None


def finish(
    journey: JoinJourney,
    invitation: Invitation,
    set_up: SetUp,
    answer: str,
    browser: Browser,
    *,
    continue_to: str,
) -> Joined | ProofRejected:
    """Prove the new factor, claim journey and invitation, create the account and sign in.

    The account gets exactly what the journey held when the factor was proved. A factor that is no
    whole sign-in needs the password that was chosen before. continue_to: the page after the
    recovery codes. Raises InvitationOver.
    """
    draft = _draft(journey, set_up)
    if draft is None:
        raise InvitationOver
    proved = set_up.prove(draft.set_up_state, answer)
    if isinstance(proved, ProofRejected):
        if set_up.once:
            SET_UPS.begin_again(draft.id, set_up, draft.set_up_state)
        return proved
    with_password = not proved.evidence.is_whole
    if with_password and draft.password_hash is None:
        raise InvitationOver
    with writing() as session:
        _claim(draft, set_up)
        _answer(draft.token_hash, invitation, InvitationState.ACCEPTED)
        if existing_account(invitation) is not None or is_reserved(invitation):
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
        # Another person may get this address at the same moment.
        with unique_or(InvitationOver()):
            session.add(account)
        shown_factors = [proved.evidence]
        if with_password and draft.password_hash is not None:
            password.store(account.id, draft.password_hash)
            shown_factors.insert(0, PASSWORD.evidence)
        proved.store(account.id, describe_user_agent(browser.user_agent))
        record("account.joined", actor=actor_of(account), subject=account.subject)
        _record_acceptance(invitation, account)
        started = begin_session(account, shown_factors, [], browser, second_step=proved.factor)
        shown = make_recovery_codes(started.session, continue_to=continue_to, announce=False)
        return Joined(started, shown)


def is_reserved(invitation: Invitation) -> bool:
    """Return whether an account left the address so recently that it may get it back."""
    return account_formerly_at(invitation.address, now()) is not None


def open_first_page(invitation: Invitation, session: ActiveSession | None) -> FirstPage:
    """Return the first page; record that it was opened in the session of another person."""
    page = rules.first_page(
        expired=invitation.has_expired(now()),
        renewal_requested=invitation.renewal_asked_at is not None,
        invited=invitation.address,
        signed_in=session.account.address if session is not None else None,
    )
    if page is FirstPage.OF_ANOTHER_PERSON and session is not None:
        with writing():
            record(
                "invitation.refused",
                subject=session.account.subject,
                invitation=invitation.public_id,
            )
    return page


def accept(journey: JoinJourney, invitation: Invitation, session: ActiveSession | None) -> NextStep:
    """Accept the invitation if its person is signed in; return the step that follows.

    Raises InvitationOver.
    """
    step = rules.next_step(
        invited=invitation.address,
        signed_in=session.account.address if session is not None else None,
        has_account=existing_account(invitation) is not None,
        reserved=is_reserved(invitation),
    )
    if step is NextStep.TERMS and session is not None:
        _accept(journey, invitation, session)
    return step


def _accept(journey: JoinJourney, invitation: Invitation, session: ActiveSession) -> None:
    account, token_hash = session.account, journey.token_hash
    with writing():
        _finish(journey)
        _answer(token_hash, invitation, InvitationState.ACCEPTED)
        approvals().invitation_accepting(sent_invitation(invitation))
        lock_session(session)
        _record_acceptance(invitation, account)
        # The invitation may make the person an approver or an operator.
        renew_token(session.id)


def accepted_recently(invitation: Invitation, account: Person) -> bool:
    """Return whether the account accepted the invitation within the time of one journey."""
    return (
        invitation.account_id == account.id
        and invitation.state == InvitationState.ACCEPTED.value
        and invitation.closed_at is not None
        and invitation.closed_at > now() - LIFETIME
    )


def ways_in(invitation: Invitation) -> list[tuple[str, str]]:
    """Return names and addresses of the services of the invitation that people can open."""
    services = describe(invitation).services
    addresses = approvals().ways_in(services)
    found = [each for each in services if each in addresses]
    return [(approvals().service_name(each), addresses[each]) for each in found]


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
    if not invitation.has_expired(now()):
        return
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


def _owner(journey: JoinJourney, invitation: Invitation) -> Owner:
    invited = password_owner(invitation)
    return Owner(
        journey.given_name or "", journey.family_name or "", invitation.email, invited.names
    )


def _draft(journey: JoinJourney, set_up: SetUp) -> _Draft | None:
    row = db.session.execute(
        select(
            JoinJourney.id,
            JoinJourney.token_hash,
            JoinJourney.given_name,
            JoinJourney.family_name,
            JoinJourney.password_hash,
            SET_UPS.column(set_up).label("state"),
        ).where(JoinJourney.id == journey.id, JOININGS.is_open())
    ).first()
    if row is None or None in (row.given_name, row.family_name, row.state):
        return None
    return _Draft(
        id=row.id,
        token_hash=row.token_hash,
        given_name=row.given_name,
        family_name=row.family_name,
        password_hash=row.password_hash,
        set_up_state=row.state,
    )


def _finish(journey: JoinJourney) -> None:
    """Finish the journey. Raises InvitationOver where it has ended."""
    if not JOININGS.finish(journey.id):
        raise InvitationOver


def _claim(draft: _Draft, set_up: SetUp) -> None:
    """Finish the journey on the answers that were proved, and delete its secrets.

    Raises InvitationOver where it holds other answers now, or has ended.
    """
    if not JOININGS.finish(
        draft.id,
        JoinJourney.given_name == draft.given_name,
        JoinJourney.family_name == draft.family_name,
        JoinJourney.password_hash.is_not_distinct_from(draft.password_hash),
        SET_UPS.column(set_up) == draft.set_up_state,
        password_hash=None,
        **SET_UPS.cleared(),
    ):
        raise InvitationOver


def _answer(token_hash: str, invitation: Invitation, state: InvitationState) -> None:
    """Claim the invitation under the link that this journey came by. Raises InvitationOver."""
    if not invitations.claim_answer(invitation, token_hash, state):
        raise InvitationOver


def _record_acceptance(invitation: Invitation, account: Person) -> None:
    invitations.accepted_by(invitation, account)
    approvals().invitation_accepted(sent_invitation(invitation), account)
