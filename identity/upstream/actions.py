"""The uses of an identity that came back: a sign-in, and an end of sessions from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from app.actors import SYSTEM
from app.audit import record
from app.clock import CLOCK_SLACK
from app.database import db, writing
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.credentials import registry
from identity.oidc import replay_cache
from identity.oidc.jwt_verification import VerificationFailed
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sign_in import journeys as sign_ins
from identity.sign_in.actions import JourneyOver
from identity.sign_in.elsewhere import sign_in_elsewhere
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.upstream import connections, identities, provider, queries, tokens, visits
from identity.upstream.models import Connection
from identity.upstream.visits import Arrival

SIGNED_OUT = "signed out by the organisation"


@dataclass(frozen=True)
class SignedIn:
    """The journey of a person who is known. started: None where a factor is shown here first."""

    journey: JourneySnapshot
    started: StartedSession | None


class UnknownIdentity(Exception):
    """The identity is linked to no account that may sign in."""


class NoSecondStep(Exception):
    """The provider confirmed one factor only, and the account has no second step here."""


def sign_in(arrival: Arrival, browser: Browser) -> SignedIn:
    """Sign in the person of a linked identity, or confirm that it is them.

    Raises UnknownIdentity, NoSecondStep and JourneyOver, and ReturnRefused for a confirmation by
    another person.
    """
    journey = sign_ins.find_purpose(arrival.visit.sign_in, browser, JourneyKind.SIGN_IN)
    if journey is None:
        journey = sign_ins.find(arrival.visit.sign_in, browser, JourneyKind.CONFIRM)
    if journey is None:
        raise JourneyOver
    account = _account_of(arrival)
    if account is None or not account.active:
        reason = "identity is not linked" if account is None else "account is suspended"
        visits.refuse(arrival, reason)
        raise UnknownIdentity
    if journey.kind == JourneyKind.CONFIRM and not _confirms(journey, account, arrival, browser):
        raise visits.refuse(arrival, "confirmation by another person or connection")
    origin = arrival.origin
    if not origin.two_factors and not registry.has_second_step(account.id):
        visits.refuse(arrival, "one factor, and no second step here")
        raise NoSecondStep
    with writing():
        locked = lock_access(account.id)
        # The person may have said "this was not me" since the identity was looked up.
        if locked is not None and _account_of(arrival) is locked:
            identities.note_use(
                arrival.connection, arrival.identity.issuer, arrival.identity.subject
            )
            return SignedIn(*sign_in_elsewhere(journey, locked, origin, browser))
    visits.refuse(arrival, "identity is not linked")
    raise UnknownIdentity


def _account_of(arrival: Arrival) -> Account | None:
    identity = arrival.identity
    return queries.account_of(arrival.connection, identity.issuer, identity.subject)


def _confirms(
    journey: JourneySnapshot, account: Account, arrival: Arrival, browser: Browser
) -> bool:
    """Return whether the session's own person confirms it, at the provider where it began."""
    session = browser.session
    return (
        session is not None
        and session.id == journey.confirms_session_id
        and session.account_id == account.id
        and session.connection == arrival.connection.public_id
    )


def end_sessions(connection: Connection, text: str) -> None:
    """End the sessions that a logout token names (OpenID Connect Back-Channel Logout, 2.5 to 2.7).

    Raises VerificationFailed, Unreachable and UnusableProvider.
    """
    found = provider.discover(connection.issuer)
    token = tokens.read_logout_token(text, found, client_id=connection.client_id)
    issued = datetime.fromtimestamp(token.issued, UTC)
    if not replay_cache.first_use(
        "upstream logout",
        connection.public_id,
        token.jti,
        issued=token.issued,
        until=issued + tokens.LONGEST_LIFE + 2 * CLOCK_SLACK,
    ):
        raise VerificationFailed("jti was used before")
    account = None
    if token.subject is not None:
        account = queries.account_of(connection, connection.issuer, token.subject)
        if account is None:
            return
    with writing():
        for account_id in connections.end_sessions_of(
            connection,
            cause=SIGNED_OUT,
            account=account.id if account is not None else None,
            sid=token.sid,
        ):
            record(
                "upstream.signed_out",
                actor=SYSTEM,
                connection=connection.public_id,
                connection_name=connection.name,
                subject=db.session.get_one(Account, account_id).subject,
            )
