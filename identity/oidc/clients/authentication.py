"""Who calls a machine endpoint: client_secret_basic, client_secret_post or none (RFC 6749, 2.3).

Exactly one method, and the registered one. Every refusal reads the same, whether the client is
unknown, disabled or its secret wrong. Further methods are entries of METHODS.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from urllib.parse import unquote_plus

from flask import Request

from app.actors import Actor, set_current_actor
from app.identifiers import secret_hash
from identity.oidc.clients import failures, store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidClient, InvalidRequest, TooManyFailures
from identity.oidc.parameters import Parameters

LONGEST_ID = 200


def authenticate(request: Request, parameters: Parameters) -> RelyingParty:
    """The client that the request proves to come from.

    Raises InvalidClient, or InvalidRequest where two methods are used at once.
    """
    proofs = {method: read(request, parameters) for method, read in METHODS.items()}
    used = {method: proof for method, proof in proofs.items() if proof is not None}
    if len(used) > 1 or (used and "client_assertion" in parameters):
        raise InvalidRequest("Use one way of client authentication")
    if not used:
        raise InvalidClient(detail="no client authentication")
    method, (client_id, secret) = used.popitem()
    if client_id != parameters.get("client_id", client_id):
        raise InvalidClient(detail="two client ids")
    client = _proven(method, client_id, secret)
    set_current_actor(Actor("client", client.client_id, client.name))
    return client


def confidential(request: Request, parameters: Parameters) -> RelyingParty:
    """As `authenticate`, for endpoints that no public client may call. Raises InvalidClient."""
    client = authenticate(request, parameters)
    if not client.confidential:
        raise InvalidClient(detail="public client")
    return client


def _proven(method: str, client_id: str, secret: str) -> RelyingParty:
    client = store.find(client_id) if len(client_id) <= LONGEST_ID else None
    if failures.too_many(client):
        raise TooManyFailures(detail=f"client {client_id[:LONGEST_ID]!r}")
    expected = (client.secret_hash if client else None) or ""
    right = hmac.compare_digest(secret_hash(secret), expected) if method != "none" else True
    if client is None or client.auth_method != method or not right:
        failures.count(client)
        raise InvalidClient(detail=f"client {client_id[:LONGEST_ID]!r} by {method}")
    return client


def _basic(request: Request, _parameters: Parameters) -> tuple[str, str] | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(detail=f"scheme {scheme[:20]!r}")
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        # Both are form-urlencoded before they are joined (RFC 6749, 2.3.1).
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise InvalidClient(detail="unreadable Basic credentials") from None
    if not colon or not all(pair):
        raise InvalidClient(detail="incomplete Basic credentials")
    return pair


def _post(_request: Request, parameters: Parameters) -> tuple[str, str] | None:
    if "client_secret" not in parameters:
        return None
    if "client_id" not in parameters:
        raise InvalidClient(detail="a secret without client_id")
    return parameters["client_id"], parameters["client_secret"]


def _none(request: Request, parameters: Parameters) -> tuple[str, str] | None:
    others = "client_secret" in parameters or "Authorization" in request.headers
    if others or "client_assertion" in parameters or "client_id" not in parameters:
        return None
    return parameters["client_id"], ""


METHODS: dict[str, Callable[[Request, Parameters], tuple[str, str] | None]] = {
    "client_secret_basic": _basic,
    "client_secret_post": _post,
    "none": _none,
}
"""Each reads its proof from the request, None where the request does not use it."""
