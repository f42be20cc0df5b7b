"""A visit to a provider: the address to go to, and the verified identity that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from flask import url_for

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import CLOCK_SLACK
from app.database import db, writing
from app.http_client import Unreachable
from app.settings import settings
from identity.oidc.jwt_verification import VerificationFailed
from identity.sessions.browser import Browser
from identity.sessions.origin import Origin
from identity.upstream import connections, journeys, provider, queries, rules, tokens
from identity.upstream.code_flow import CodeRefused, ProviderClient
from identity.upstream.journeys import Purpose
from identity.upstream.models import Connection, UpstreamJourney
from identity.upstream.provider import Provider, UnusableProvider
from identity.upstream.tokens import IdToken

log = structlog.get_logger()


class Outage(Exception):
    """The provider was not reached, or does not answer as it has to."""

    def __init__(self, connection: Connection, reason: str) -> None:
        super().__init__(reason)
        self.connection = connection


class ReturnRefused(Exception):
    """The browser came back with something that is no sign-in. reason: for log and audit.

    visit: the visit that was answered, None where none of this browser was.
    """

    def __init__(
        self,
        reason: str,
        connection: Connection | None = None,
        visit: UpstreamJourney | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.connection = connection
        self.visit = visit


@dataclass(frozen=True)
class Arrival:
    """A person who came back from a provider with an identity of it."""

    visit: UpstreamJourney
    connection: Connection
    identity: IdToken

    @property
    def origin(self) -> Origin:
        """The sign-in at the provider, as far as the provider is trusted."""
        return origin_of(self.connection, self.identity)


def origin_of(connection: Connection, identity: IdToken) -> Origin:
    """Return the sign-in at the provider as a value for journeys and sessions."""
    amr = identity.amr if connection.amr_trusted else ()
    acr = identity.acr if connection.amr_trusted else None
    two_factors = rules.is_two_factor(amr, acr)
    return Origin(
        connection=connection.public_id,
        organisations=tuple(connection.organisations),
        sid=identity.sid,
        amr=amr,
        two_factors=two_factors,
        phishing_resistant=two_factors and acr in rules.PHISHING_RESISTANT_ACRS,
    )


def redirect_uri(connection: Connection) -> str:
    """Return the address at which the connection's people come back: one for each connection."""
    return settings().issuer + url_for("upstream.callback", connection=connection.public_id)


def logout_uri(connection: Connection) -> str:
    """Return the address to which the connection's provider sends logout tokens."""
    return settings().issuer + url_for("upstream.logout", connection=connection.public_id)


def begin(connection: Connection, purpose: Purpose, browser: Browser) -> str:
    """Begin a visit and return where the browser goes. Raises Outage and TooManyRequests."""
    client = _client(connection, _discover(connection))
    secrets = journeys.begin(connection, purpose, browser)
    return client.authorization_address(
        state=secrets.state,
        nonce=secrets.nonce,
        code_verifier=secrets.code_verifier,
        fresh=purpose.fresh,
        login_hint=purpose.login_hint,
    )


def come_back(public_id: str, answer: Mapping[str, str], browser: Browser) -> Arrival:
    """Return the person's identity for an authorization response (OpenID Connect Core, 3.1.2.5).

    The visit is claimed before its code is used. Raises ReturnRefused, and Outage where the
    provider cannot be asked for the identity.
    """
    state = answer.get("state", "")
    visit = journeys.find(state, browser)
    if visit is None:
        raise ReturnRefused("no visit of this browser")
    connection = db.session.get_one(Connection, visit.connection_id)
    try:
        if connection.public_id != public_id:
            raise ReturnRefused("answer at another connection's address")
        if not connection.in_use:
            raise ReturnRefused("connection is switched off")
        found = _discover(connection)
        _check_issuer(found, answer.get("iss"))
        secrets = journeys.secrets_of(visit, state)
        if not journeys.finish(visit):
            raise ReturnRefused("answered before")
        if "error" in answer or not answer.get("code"):
            raise ReturnRefused(f"error {answer.get('error', 'without a code')[:60]}")
        token = _client(connection, found).redeem_code(answer["code"], secrets.code_verifier)
        identity = tokens.read_id_token(
            token, found, client_id=connection.client_id, nonce=secrets.nonce
        )
        _check_identity(connection, visit, identity)
    except (CodeRefused, VerificationFailed) as error:
        raise _refused(str(error), connection, visit) from None
    except ReturnRefused as error:
        raise _refused(error.reason, connection, visit) from None
    except (Unreachable, UnusableProvider) as error:
        raise Outage(connection, str(error)) from None
    return Arrival(visit, connection, identity)


def refuse(arrival: Arrival, reason: str) -> ReturnRefused:
    """Record that a verified identity may not do what its person wants; return the exception."""
    return _refused(reason, arrival.connection, arrival.visit)


def _refused(reason: str, connection: Connection, visit: UpstreamJourney) -> ReturnRefused:
    log.info("sign-in at a provider refused", connection=connection.public_id, reason=reason)
    with writing():
        record(
            "upstream.sign_in_refused",
            actor=ANONYMOUS,
            connection=connection.public_id,
            connection_name=connection.name,
            reason=reason[:200],
        )
    return ReturnRefused(reason, connection, visit)


def _check_issuer(found: Provider, named: str | None) -> None:
    """Refuse an answer of another authorization server (RFC 9207, 2.4)."""
    if named is None and found.names_itself:
        raise ReturnRefused("iss is missing")
    if named is not None and named != found.issuer:
        raise ReturnRefused("iss is another issuer")


def _check_identity(connection: Connection, visit: UpstreamJourney, identity: IdToken) -> None:
    if not rules.is_tenant_claim_right(
        connection.issuer, identity.claims, queries.proven_domains(connection)
    ):
        raise ReturnRefused("identity of another organisation at a shared issuer")
    begun = visit.created_at.timestamp() - CLOCK_SLACK.total_seconds()
    if visit.fresh and (identity.auth_time is None or identity.auth_time < begun):
        raise ReturnRefused("no new sign-in at the provider")


def _discover(connection: Connection) -> Provider:
    try:
        return provider.discover(connection.issuer)
    except (Unreachable, UnusableProvider) as error:
        log.warning("provider not usable", connection=connection.public_id, reason=str(error))
        raise Outage(connection, str(error)) from None


def _client(connection: Connection, found: Provider) -> ProviderClient:
    return ProviderClient(
        found,
        client_id=connection.client_id,
        client_secret=connections.secret_of(connection),
        redirect_uri=redirect_uri(connection),
    )
