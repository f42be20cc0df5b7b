"""Who calls a machine endpoint: by a secret, by a signed assertion, or by nothing (RFC 6749, 2.3).

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
from app.web.call import Call
from identity.oidc.clients import assertions, failures, store
from identity.oidc.clients.metadata import CERTIFICATE_METHODS
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidClient, InvalidRequest, NotOnRecord, TooManyFailures
from identity.oidc.foreign import NotVerified, claims_before_proof
from identity.oidc.parameters import Parameters
from identity.oidc.proof import certificate, dpop

LONGEST_ID = 200
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticate(asked: Call, parameters: Parameters) -> RelyingParty:
    """The client that the request proves to come from.

    Raises InvalidClient, or InvalidRequest where two methods are used at once.
    """
    proofs = {method: read(asked, parameters) for method, read in METHODS.items()}
    used = {method: proof for method, proof in proofs.items() if proof is not None}
    if len(used) > 1:
        raise InvalidRequest("Use one way of client authentication")
    if not used:
        raise _refused("no client authentication")
    read_as, (client_id, secret) = used.popitem()
    if client_id != parameters.get("client_id", client_id):
        raise _refused("two client ids")
    client = _proven(asked, read_as, client_id, secret)
    set_current_actor(Actor("client", client.client_id, client.name))
    return client


def confidential(asked: Call, parameters: Parameters) -> RelyingParty:
    """As `authenticate`, for endpoints that no public client may call. Raises InvalidClient."""
    client = authenticate(asked, parameters)
    if not client.confidential:
        raise _refused("public client")
    return client


def _proven(asked: Call, read_as: str, client_id: str, secret: str) -> RelyingParty:
    client = store.find(client_id) if len(client_id) <= LONGEST_ID else None
    method, too_many = _meant(read_as, client), failures.too_many(client)
    if too_many and method in GUESSABLE:
        raise TooManyFailures(detail=f"client {client_id[:LONGEST_ID]!r}")
    wrong = PROOFS[method](client, secret, asked)
    if client is None or client.auth_method != method or wrong is not None:
        raise _refused(f"client {client_id[:LONGEST_ID]!r} by {method}: {wrong}", client)
    return client


def _refused(detail: str, client: RelyingParty | None = None) -> InvalidClient:
    """The refusal, counted: anybody could fill the audit with what one network goes on sending."""
    too_many = failures.too_many(client)
    failures.count(client)
    return (NotOnRecord if too_many else InvalidClient)(detail=detail)


def _meant(read_as: str, client: RelyingParty | None) -> str:
    """A certificate leaves no trace in the request: it comes with the client id alone."""
    by_certificate = client is not None and client.auth_method in CERTIFICATE_METHODS
    return client.auth_method if client and by_certificate and read_as == "none" else read_as


def _wrong_secret(client: RelyingParty | None, secret: str, _asked: Call) -> str | None:
    """Why the secret does not prove the client, None where it does. The earlier one still does
    while the overlap lasts.
    """
    presented = secret_hash(secret)
    right = hmac.compare_digest(presented, (client.secret_hash if client else None) or "")
    until = client.earlier_secret_until if client else None
    if client is not None and until is not None and now() < until:
        right |= hmac.compare_digest(presented, client.earlier_secret_hash or "")
    return None if right else "wrong secret"


def _wrong_assertion(client: RelyingParty | None, text: str, asked: Call) -> str | None:
    if client is None or client.auth_method != "private_key_jwt":
        return "not registered for it"
    nonce = partial(dpop.nonce_comes_first, asked, needed=client.dpop_nonce)
    return assertions.why_refused(client, text, path=asked.path, before_use=nonce)


def _wrong_certificate(client: RelyingParty | None, _secret: str, _asked: Call) -> str | None:
    return certificate.why_refused(client.certificate_subject) if client is not None else "unknown"


def _nothing_to_prove(_client: RelyingParty | None, _secret: str, _asked: Call) -> str | None:
    return None


def _basic(asked: Call, _parameters: Parameters) -> tuple[str, str] | None:
    header = asked.header("Authorization")
    if header is None:
        return None
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        raise _refused(f"scheme {scheme[:20]!r}")
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        # Both are form-urlencoded before they are joined (RFC 6749, 2.3.1).
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise _refused("unreadable Basic credentials") from None
    if not colon or not all(pair) or "\x00" in "".join(pair):
        raise _refused("incomplete Basic credentials, or a NUL character in them")
    return pair


def _post(_asked: Call, parameters: Parameters) -> tuple[str, str] | None:
    if "client_secret" not in parameters:
        return None
    if "client_id" not in parameters:
        raise _refused("a secret without client_id")
    return parameters["client_id"], parameters["client_secret"]


def _none(asked: Call, parameters: Parameters) -> tuple[str, str] | None:
    scheme = (asked.header("Authorization") or "").partition(" ")[0].lower()
    others = "client_secret" in parameters or bool(scheme)
    if others or "client_assertion" in parameters or "client_id" not in parameters:
        return None
    return parameters["client_id"], ""


def _assertion(_asked: Call, parameters: Parameters) -> tuple[str, str] | None:
    """RFC 7521, 4.2; RFC 7523, 2.2."""
    text = parameters.get("client_assertion")
    if text is None and "client_assertion_type" not in parameters:
        return None
    if text is None or parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise _refused("an assertion of an unknown type, or none")
    try:
        issuer = claims_before_proof(text).get("iss")
    except NotVerified as error:
        raise _refused(f"assertion: {error}") from None
    if not isinstance(issuer, str) or not issuer:
        raise _refused("assertion without iss")
    return issuer, text


METHODS: dict[str, Callable[[Call, Parameters], tuple[str, str] | None]] = {
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

PROOFS: dict[str, Callable[[RelyingParty | None, str, Call], str | None]] = {
    "client_secret_basic": _wrong_secret,
    "client_secret_post": _wrong_secret,
    "private_key_jwt": _wrong_assertion,
    "tls_client_auth": _wrong_certificate,
    "none": _nothing_to_prove,
}
"""Each says why the proof does not hold, None where it does; it takes its time for nobody too."""
