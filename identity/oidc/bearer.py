"""Bearer tokens at our own endpoints and APIs (RFC 6750): permit rules, and the verified token.

@blueprint.get("/api/remit")
@permit(bearer(scope="access", kind="person"))
def remit(): token().organisation …
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

from app.actors import Actor, set_current_actor
from app.clock import now
from app.context import request_values
from app.database import writing
from app.settings import settings
from app.web.authorisation import Allowed, Refused
from app.web.http import Request, current_request
from identity.accounts.account_snapshot import snapshot_from
from identity.accounts.person import Person, actor_of
from identity.oidc import token_families
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.entitlement import Entitlement, find_entitlement
from identity.oidc.errors import (
    BearerError,
    InsufficientScope,
    InvalidProof,
    InvalidToken,
    InvalidTokenProof,
    MalformedBearer,
    NonceNeeded,
    NoToken,
    OAuthError,
    TokenNonceNeeded,
)
from identity.oidc.parameters import FORM, from_form, from_query
from identity.oidc.proof import certificate, dpop
from identity.oidc.proof.binding import CERTIFICATE, KEY, Binding, of_claims, token_type
from identity.oidc.refusals import ACCESS, record_refusal
from identity.oidc.responses import error_response
from identity.oidc.token_families import Family
from identity.oidc.tokens import AccessToken, read_access_token

Kind = Literal["person", "service"]


@dataclass(frozen=True)
class VerifiedToken:
    """A token that stands now: signed by us, in time, not revoked, of a live client and family.

    `account` and `organisation` (public id) are those of a person's token; `service` is the
    client's. The caller decides at this moment what the person may see.
    """

    access_token: AccessToken
    client: RelyingParty
    family: Family | None

    @property
    def client_id(self) -> str:
        return self.client.client_id

    @property
    def service(self) -> str | None:
        return self.client.service

    @property
    def organisation(self) -> str | None:
        return self.family.organisation if self.family is not None else None

    @property
    def binding(self) -> Binding | None:
        """Key or certificate that it is bound to."""
        return of_claims(self.access_token.claims)

    @property
    def exchanged(self) -> bool:
        """Whether it was exchanged, for a service that acts for the person (RFC 8693, 4.1)."""
        return "act" in self.access_token.claims

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.access_token.scopes

    @cached_property
    def account(self) -> Person:
        """The person. Only of a token that `bearer(kind="person")` has let through."""
        if self.family is None:
            raise LookupError("a service's own token has no person")
        return snapshot_from(self.family)


@dataclass(frozen=True)
class Bearer:
    """A permit rule: a token for the issuer, of this kind, with this scope."""

    scope: str
    kind: Kind

    def __call__(self, _arguments: Mapping[str, object]) -> Allowed | Refused:
        request = current_request()
        if request.method == "OPTIONS":
            # A browser asks so before it sends the token, and is told the methods alone.
            return Allowed()
        try:
            verified = presented_token(request)
            require(verified, self.scope, self.kind, asked_at=request.path)
            _act_as_holder(verified, asked_at=request.path)
        except OAuthError as error:
            return Refused(error.description, answer=partial(error_response, request, error))
        request_values().oidc_token = verified
        return Allowed()


def bearer(*, scope: str, kind: Kind = "person") -> Bearer:
    """Return the rule for a route that clients call.

    A scope of services exists by its use here.
    """
    return Bearer(scope, kind)


def current_token() -> VerifiedToken:
    """Return the token that `bearer` admitted."""
    verified: VerifiedToken = request_values().oidc_token
    return verified


def presented_token(request: Request) -> VerifiedToken:
    """Return the request's valid token, sent by the holder of its key (RFC 9449, 7.1).

    Raises BearerError.
    """
    scheme, text = _read_token(request)
    verified = verify_access_token(text, asked_at=request.path)
    try:
        _is_from_its_holder(request, verified, scheme=scheme, text=text)
    except TokenNonceNeeded:
        raise
    except BearerError as error:
        raise record_rejection(
            verified.client, verified.family, error, asked_at=request.path
        ) from None
    return verified


def record_rejection(
    client: RelyingParty, family: Family | None, error: OAuthError, *, asked_at: str
) -> OAuthError:
    """Record that a token of ours was not accepted at this path, and return the error to raise."""
    record_refusal(ACCESS, client, error, family=family, path=asked_at)
    return error


def _is_from_its_holder(
    request: Request, verified: VerifiedToken, *, scheme: str, text: str
) -> None:
    binding = verified.binding
    if scheme != token_type(binding).lower():
        raise InvalidTokenProof("The access token was sent under the wrong scheme")
    if binding is None:
        return
    if binding.member == CERTIFICATE and binding != certificate.proven(request):
        raise InvalidToken(detail="no certificate, or another")
    if binding.member == KEY and binding != _proven(request, verified, text):
        raise InvalidTokenProof(detail="no proof, or one of another key")


def _proven(request: Request, verified: VerifiedToken, text: str) -> Binding | None:
    try:
        return dpop.proven(
            request,
            path=request.path,
            access_token=text,
            with_nonce=verified.client.dpop_nonce,
        )
    except NonceNeeded:
        raise TokenNonceNeeded from None
    except InvalidProof as error:
        raise InvalidTokenProof(detail=error.detail) from None


def _read_token(request: Request) -> tuple[str, str]:
    """Return scheme and text of the one token, from header or form (RFC 6750, 2.1 and 2.2)."""
    header = request.header("Authorization")
    in_form = request.method == "POST" and request.media_type == FORM
    sent = from_form(request).all("access_token") if in_form else []
    in_address = request.query and "access_token" in from_query(request)
    if in_address or len(sent) > 1 or (header and sent):
        raise MalformedBearer
    if sent:
        return "bearer", sent[0]
    if header is None:
        raise NoToken
    scheme, _, text = header.partition(" ")
    if scheme.lower() not in {"bearer", "dpop"}:
        raise NoToken(detail=f"scheme {scheme[:20]!r}")
    if not text or "," in text or " " in text:
        raise MalformedBearer
    return scheme.lower(), text


def verify_access_token(text: str, *, asked_at: str) -> VerifiedToken:
    """Return the token if it is valid now, whatever it says of itself. Raises InvalidToken.

    asked_at: the path of the request, for the record of a refusal.

    Plain statements: resource servers ask at each of their requests.
    """
    access_token = read_access_token(text)
    if access_token is None:
        raise InvalidToken(detail="not ours, altered or expired")
    client = store.find(access_token.client_id)
    if client is None:
        raise InvalidToken(detail="client gone")
    family = None
    if access_token.grant is not None:
        family = token_families.find_with_token(access_token.grant, access_token.jti)
        if family is None or family.ended_at is not None or family.client_id != client.key:
            # A family of another client would be a token that we never issued: it names nobody.
            known = family if family is not None and family.client_id == client.key else None
            raise record_rejection(
                client, known, InvalidToken(detail="family ended"), asked_at=asked_at
            )
    if (
        family.revoked_alone
        if family is not None
        else token_families.is_token_revoked(access_token.jti)
    ):
        raise record_rejection(client, family, InvalidToken(detail="revoked"), asked_at=asked_at)
    return VerifiedToken(access_token, client, family)


def entitlement(verified: VerifiedToken) -> Entitlement | None:
    """Return what the token's person holds now; or end the family and return None."""
    if verified.family is None:
        return None
    found = find_entitlement(verified.client, verified.family, now())
    if isinstance(found, Entitlement):
        return found
    with writing():
        if token_families.end_without_access(verified.family, cause=found):
            token_families.record_family_event(
                "token.ended",
                verified.client,
                verified.family,
                subject=verified.account.subject,
                cause=found,
            )
    return None


def require(verified: VerifiedToken, scope: str, kind: Kind, *, asked_at: str) -> None:
    """Raise BearerError unless the token is for the issuer, of this kind, with this scope."""
    try:
        if verified.access_token.audience != settings().issuer:
            raise InvalidToken("The access token is for another audience")
        if (verified.family is not None) != (kind == "person"):
            raise InsufficientScope(f"This needs the token of a {kind}")
        if scope not in verified.scopes:
            raise InsufficientScope
    except BearerError as error:
        raise record_rejection(verified.client, verified.family, error, asked_at=asked_at) from None


def _act_as_holder(verified: VerifiedToken, *, asked_at: str) -> None:
    """Make the person, or the service itself, the actor of what follows. Raises InvalidToken."""
    if verified.family is None:
        set_current_actor(Actor("client", verified.client_id, verified.client.name))
        return
    account = verified.account
    if not account.active:
        error = InvalidToken(detail="account not active")
        raise record_rejection(verified.client, verified.family, error, asked_at=asked_at)
    set_current_actor(actor_of(account))
