"""Joining with an identity of an organisation's provider, and linking one to an account.

An identity is linked by an invitation that was accepted, together with the account's own factors
shown in the same journey; a new person's account begins with it. An email address links nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask import url_for
from sqlalchemy import ColumnElement

from app.audit import record
from app.clock import now
from app.database import writing
from app.database.single_use import insert_unless_present
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState, JoinJourney
from identity.accounts.person import Person, actor_of
from identity.accounts.sent_invitation import sent_invitation
from identity.credentials import reset
from identity.credentials.actions import make_recovery_codes
from identity.credentials.factor import ProofRejected, SetUp, SetUpProved
from identity.joining import journeys
from identity.joining.actions import (
    InvitationOver,
    accepted_recently,
    existing_account,
    is_reserved,
)
from identity.joining.journeys import JOININGS, SET_UPS
from identity.joining.other_ways import WayToJoin
from identity.ports import approvals
from identity.sessions.actions import StartedSession
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import lock_session
from identity.sessions.origin import Origin
from identity.sessions.user_agent import describe_user_agent
from identity.sign_in.session_actions import begin_session
from identity.upstream import connections, queries, visits
from identity.upstream.models import Connection, Identity
from identity.upstream.visits import Arrival

TAKEN = "identity is linked to another account"
_link = insert_unless_present(Identity)


@dataclass(frozen=True)
class PendingIdentity:
    """An identity that came back in a joining, as its journey keeps it.

    name and email: as the provider gives them, for the person to recognise.
    """

    issuer: str
    subject: str
    name: str
    email: str
    origin: Origin

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> PendingIdentity:
        """Return the value of the journey's column."""
        origin = stored["origin"]
        if not isinstance(origin, dict):
            raise TypeError("an identity without its origin")
        issuer, subject, name, email = (
            str(stored[each]) for each in ("issuer", "subject", "name", "email")
        )
        return cls(issuer, subject, name, email, Origin.from_json(origin))


@dataclass(frozen=True)
class JoinedElsewhere:
    """A person who has joined. recovery_codes: id of the page with their codes, if any."""

    started: StartedSession
    recovery_codes: str | None


@dataclass(frozen=True)
class SecondStep:
    """The answer of a factor that a person who joins sets up here."""

    set_up: SetUp
    answer: str


class OrganisationWays:
    """The connections in use, as the pages of joining need them (`WaysToJoin`)."""

    def way(self, journey: JoinJourney, invitation: Invitation) -> WayToJoin | None:
        connection = connection_for(invitation)
        if connection is None:
            return None
        page = url_for("upstream.join", journey=journey.public_id)
        return WayToJoin(connection.name, page, connection.own_factors_forbidden)

    def link(self, invitation: Invitation, session: ActiveSession) -> WayToJoin | None:
        connection = connection_to_link(invitation, session)
        if connection is None:
            return None
        page = url_for("upstream.link", invitation=invitation.public_id)
        return WayToJoin(connection.name, page, connection.own_factors_forbidden)


def connection_for(invitation: Invitation) -> Connection | None:
    """Return the connection of the invited address's domain, if it covers who invites."""
    connection = queries.connection_of_domain(invitation.email_key.rpartition("@")[2])
    if connection is None or not approvals().organisations_within(
        connection.organisations, [invitation.sender], now()
    ):
        return None
    return connection


def connection_to_link(invitation: Invitation, session: ActiveSession) -> Connection | None:
    """Return the connection whose identity the session's person may link now.

    They accepted the invitation in this journey, and signed in with their own factors.
    """
    account = session.account
    connection = connection_for(invitation)
    if (
        connection is None
        or session.is_limited
        or not accepted_recently(invitation, account)
        or queries.is_linked(account.id, connection)
    ):
        return None
    return connection


def hold_identity(arrival: Arrival, browser: Browser) -> JoinJourney:
    """Keep the identity with the joining that it came back to.

    Raises InvitationOver, and ReturnRefused for an identity that has an account.
    """
    found = journeys.find_journey(arrival.visit.joining, browser)
    if found is None or connection_for(found[1]) != arrival.connection:
        raise InvitationOver
    journey, invitation = found
    identity = arrival.identity
    if queries.is_known(identity.issuer, identity.subject):
        raise visits.refuse(arrival, TAKEN)
    pending = PendingIdentity(
        identity.issuer,
        identity.subject,
        f"{identity.given_name} {identity.family_name}".strip(),
        identity.email,
        arrival.origin,
    )
    with writing():
        JOININGS.advance(journey.id, identity=asdict(pending))
        JOININGS.advance(
            journey.id,
            JoinJourney.given_name.is_(None),
            given_name=invitation.given_name,
            family_name=invitation.family_name,
        )
    return journey


def pending_identity(journey: JoinJourney) -> PendingIdentity | None:
    """Return the identity with which the person joins, once it came back."""
    return PendingIdentity.from_json(journey.identity) if journey.identity is not None else None


def finish(
    journey: JoinJourney,
    invitation: Invitation,
    second_step: SecondStep | None,
    browser: Browser,
    *,
    continue_to: str,
) -> JoinedElsewhere | ProofRejected:
    """Claim journey and invitation, create the account with its identity, and sign in.

    second_step: what the person sets up where the provider confirmed one factor only. continue_to:
    the page after the recovery codes. Raises InvitationOver, and RefusalError where the credential
    is somebody's already.
    """
    pending, token_hash = pending_identity(journey), journey.token_hash
    if pending is None or (second_step is None and not pending.origin.two_factors):
        raise InvitationOver
    proved: SetUpProved | None = None
    unchanged: list[ColumnElement[bool]] = []
    if second_step is not None:
        set_up = second_step.set_up
        state = SET_UPS.open(journey, set_up)
        outcome = set_up.prove(state, second_step.answer)
        if isinstance(outcome, ProofRejected):
            if set_up.once:
                SET_UPS.begin_again(journey.id, set_up, state)
            return outcome
        proved = outcome
        unchanged = [SET_UPS.column(set_up) == state]
    with writing() as session:
        connection = connection_for(invitation)
        if connection is None or connection.public_id != pending.origin.connection:
            raise InvitationOver
        if not queries.is_accepted(pending.origin):
            raise InvitationOver
        given, family = journey.given_name or "", journey.family_name or ""
        if not JOININGS.finish(
            journey.id,
            JoinJourney.given_name == given,
            JoinJourney.family_name == family,
            *unchanged,
            **SET_UPS.cleared(),
        ) or not invitations.claim_answer(invitation, token_hash, InvitationState.ACCEPTED):
            raise InvitationOver
        if existing_account(invitation) is not None or is_reserved(invitation):
            raise InvitationOver
        account = Account(
            email=invitation.email,
            email_key=invitation.email_key,
            given_name=given,
            family_name=family,
            joined_at=now(),
        )
        session.add(account)
        session.flush()
        if not _add(connection, account, pending.issuer, pending.subject):
            raise InvitationOver
        record("account.joined", actor=actor_of(account), subject=account.subject)
        _record_link(connection, account)
        invitations.accepted_by(invitation, account)
        approvals().invitation_accepted(sent_invitation(invitation), account)
        if proved is None:
            return JoinedElsewhere(begin_session(account, [], [], browser, pending.origin), None)
        proved.store(account.id, describe_user_agent(browser.user_agent))
        started = begin_session(
            account, [proved.evidence], [], browser, pending.origin, second_step=proved.factor
        )
        shown = make_recovery_codes(started.session, continue_to=continue_to, announce=False)
        return JoinedElsewhere(started, shown)


def link(arrival: Arrival, browser: Browser) -> Invitation:
    """Link the identity to the account of the session that asked for it, and mail its person.

    Raises InvitationOver, SessionOver, and ReturnRefused for an identity that has an account.
    """
    session, invitation = browser.session, invitations.by_id(arrival.visit.invitation_id)
    if session is None or invitation is None or session.id != arrival.visit.linking_session_id:
        raise InvitationOver
    with writing():
        lock_session(session)
        if connection_to_link(invitation, session) != arrival.connection:
            raise InvitationOver
        account, identity = session.account, arrival.identity
        linked = _add(arrival.connection, account, identity.issuer, identity.subject)
        if linked:
            _record_link(arrival.connection, account)
            reset.send_disavowable(
                account, "upstream/linked", at=now(), provider=arrival.connection.name
            )
    if not linked:
        raise visits.refuse(arrival, TAKEN)
    return invitation


def _add(connection: Connection, account: Person, issuer: str, subject: str) -> bool:
    """Link the identity, which belongs to one account; False where it belongs to one already.

    Raises InvitationOver where the connection was switched off.
    """
    if not connections.lock_in_use(connection):
        raise InvitationOver
    return _link(
        connection_id=connection.id,
        account_id=account.id,
        issuer=issuer,
        subject=subject,
        linked_at=now(),
    )


def _record_link(connection: Connection, account: Person) -> None:
    record(
        "upstream.identity_linked",
        actor=actor_of(account),
        subject=account.subject,
        connection=connection.public_id,
        connection_name=connection.name,
    )
