"""Client authentication: by a secret, a signed assertion, or nothing (RFC 6749, 2.3).

Exactly one method, and the registered one. Every refusal reads the same, whether the client is
unknown, disabled or its secret wrong. Further methods are entries of METHODS.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_plus

from app.actors import Actor, set_current_actor
from app.clock import now
from app.identifiers import secret_hash
from app.web.http import Request
from identity.oidc.client_authentication import assertions, secret_throttle
from identity.oidc.clients import store
from identity.oidc.clients.metadata import CERTIFICATE_METHODS
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidClient, InvalidRequest, NotOnRecord, TooManyFailures
from identity.oidc.jwt_verification import VerificationFailed, claims_before_proof
from identity.oidc.parameters import Parameters
from identity.oidc.proof import certificate, dpop

LONGEST_ID = 200
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticate(request: Request, parameters: Parameters) -> RelyingParty:
    """Return the client that the request authenticates.

    Raises InvalidClient, or InvalidRequest where two methods are used at once.
    """
    proofs = {method: read(request, parameters) for method, read in METHODS.items()}
    used = {method: proof for method, proof in proofs.items() if proof is not None}
    if len(used) > 1:
        raise InvalidRequest("Use one way of client authentication")
    if not used:
        raise _refusal(request, "no client authentication")
    read_as, (client_id, secret) = used.popitem()
    if client_id != parameters.get("client_id", client_id):
        raise _refusal(request, "two client ids")
    client = _proven(request, read_as, client_id, secret)
    set_current_actor(Actor("client", client.client_id, client.name))
    return client


def confidential(request: Request, parameters: Parameters) -> RelyingParty:
    """Authenticate a client that is not public. Raises InvalidClient."""
    client = authenticate(request, parameters)
    if not client.confidential:
        raise _refusal(request, "public client")
    return client


def _proven(request: Request, read_as: str, client_id: str, secret: str) -> RelyingParty:
    client = store.find(client_id) if len(client_id) <= LONGEST_ID else None
    method = _client_id_of_certificate(read_as, client)
    if secret_throttle.too_many(client, request) and method in GUESSABLE:
        raise TooManyFailures(detail=f"client {client_id[:LONGEST_ID]!r}")
    wrong = PROOFS[method](client, secret, request)
    if client is None or client.auth_method != method or wrong is not None:
        raise _refusal(request, f"client {client_id[:LONGEST_ID]!r} by {method}: {wrong}", client)
    return client


def _refusal(request: Request, detail: str, client: RelyingParty | None = None) -> InvalidClient:
    """Count the failure and return the error. The audit gets no row for every one of a network."""
    too_many = secret_throttle.too_many(client, request)
    secret_throttle.count(client, request)
    return (NotOnRecord if too_many else InvalidClient)(detail=detail)


def _client_id_of_certificate(read_as: str, client: RelyingParty | None) -> str:
    """Return the method of the request. A certificate leaves only the client id in it."""
    by_certificate = client is not None and client.auth_method in CERTIFICATE_METHODS
    return client.auth_method if client and by_certificate and read_as == "none" else read_as


def _wrong_secret(client: RelyingParty | None, secret: str, _asked: Request) -> str | None:
    """Return why the secret is wrong, or None. The earlier one counts until its overlap ends."""
    presented = secret_hash(secret)
    right = hmac.compare_digest(presented, (client.secret_hash if client else None) or "")
    until = client.earlier_secret_until if client else None
    if client is not None and until is not None and now() < until:
        right |= hmac.compare_digest(presented, client.earlier_secret_hash or "")
    return None if right else "wrong secret"


def _wrong_assertion(client: RelyingParty | None, text: str, request: Request) -> str | None:
    if client is None or client.auth_method != "private_key_jwt":
        return "not registered for it"
    nonce = partial(dpop.nonce_comes_first, request, needed=client.dpop_nonce)
    return assertions.why_refused(client, text, path=request.path, before_use=nonce)


def _wrong_certificate(client: RelyingParty | None, _secret: str, request: Request) -> str | None:
    if client is None:
        return "unknown"
    return certificate.why_refused(request, client.certificate_subject)


def _nothing_to_prove(_client: RelyingParty | None, _secret: str, _asked: Request) -> str | None:
    return None


def _basic(request: Request, _parameters: Parameters) -> tuple[str, str] | None:
    header = request.header("Authorization")
    if header is None:
        return None
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        raise _refusal(request, f"scheme {scheme[:20]!r}")
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        # Both are form-urlencoded before they are joined (RFC 6749, 2.3.1).
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise _refusal(request, "unreadable Basic credentials") from None
    if not colon or not all(pair) or "\x00" in "".join(pair):
        raise _refusal(request, "incomplete Basic credentials, or a NUL character in them")
    return pair


def _post(request: Request, parameters: Parameters) -> tuple[str, str] | None:
    if "client_secret" not in parameters:
        return None
    if "client_id" not in parameters:
        raise _refusal(request, "a secret without client_id")
    return parameters["client_id"], parameters["client_secret"]


def _none(request: Request, parameters: Parameters) -> tuple[str, str] | None:
    scheme = (request.header("Authorization") or "").partition(" ")[0].lower()
    others = "client_secret" in parameters or bool(scheme)
    if others or "client_assertion" in parameters or "client_id" not in parameters:
        return None
    return parameters["client_id"], ""


def _assertion(request: Request, parameters: Parameters) -> tuple[str, str] | None:
    """Check a client assertion (RFC 7521, 4.2; RFC 7523, 2.2)."""
    text = parameters.get("client_assertion")
    if text is None and "client_assertion_type" not in parameters:
        return None
    if text is None or parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise _refusal(request, "an assertion of an unknown type, or none")
    try:
        issuer = claims_before_proof(text).get("iss")
    except VerificationFailed as error:
        raise _refusal(request, f"assertion: {error}") from None
    if not isinstance(issuer, str) or not issuer:
        raise _refusal(request, "assertion without iss")
    return issuer, text


METHODS: dict[str, Callable[[Request, Parameters], tuple[str, str] | None]] = {
    "client_secret_basic": _basic,
    "client_secret_post": _post,
    "private_key_jwt": _assertion,
    "none": _none,
}
"""Each reads its proof from the request, None where the request does not use it.

A client with a certificate is read as `none`: what proves it is the connection.
"""

GUESSABLE = frozenset({"client_secret_basic", "client_secret_post"})
"""Signatures and certificates are not: a right one is taken after however many wrong ones."""

PROOFS: dict[str, Callable[[RelyingParty | None, str, Request], str | None]] = {
    "client_secret_basic": _wrong_secret,
    "client_secret_post": _wrong_secret,
    "private_key_jwt": _wrong_assertion,
    "tls_client_auth": _wrong_certificate,
    "none": _nothing_to_prove,
}
"""Each says why the proof does not hold, None where it does; it takes its time for nobody too."""
