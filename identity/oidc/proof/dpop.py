"""DPoP: a proof, made for one request, of the key that tokens are bound to (RFC 9449)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from joserfc.util import urlsafe_b64encode

from app.clock import now
from app.context import request_values
from app.settings import settings
from app.web.http import Request
from identity.oidc.clients.public_limits import admit_proof
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidProof, NonceNeeded
from identity.oidc.jwt_verification import (
    FAPI_ALGS,
    Header,
    PublicKey,
    UnsuitableKey,
    VerificationFailed,
    claims_before_proof,
    integer,
    public_key,
    thumbprint,
    verify_jwt,
)
from identity.oidc.lifetimes import PROOF_AGE
from identity.oidc.proof import nonces
from identity.oidc.proof.binding import KEY, Binding
from identity.oidc.replay_cache import first_use

HEADER = "DPoP"
TYPE = "dpop+jwt"
LONGEST_ID = 500
_PORTS = {"https": 443, "http": 80}


def proven_by(client: RelyingParty, request: Request, *, path: str) -> Binding | None:
    """Return `proven` for a request that names the client, with a bound on its proofs."""
    return proven(
        request,
        path=path,
        with_nonce=client.dpop_nonce,
        before_use=partial(admit_proof, client, request),
    )


def proven(
    request: Request,
    *,
    path: str,
    access_token: str | None = None,
    with_nonce: bool = False,
    before_use: Callable[[], None] = lambda: None,
) -> Binding | None:
    """Return the key of the request's proof, or None without a proof.

    `path` is the endpoint's, at whichever origin of ours. With an access token the proof has to be
    for that token (RFC 9449, 4.3). A nonce has to be of ours, also where none is asked for; who
    uses nonces is given the present one with each answer. `before_use` is called before the id of
    a valid proof is stored, and may raise. Raises InvalidProof, and NonceNeeded.
    """
    text = request.header(HEADER)
    if text is None:
        return None
    try:
        proof = verify_jwt(text, algs=FAPI_ALGS, keys=_key_inside, types=(TYPE,))
        _is_for_this_request(proof.claims, request.method, path)
        _is_for_this_token(proof.claims, access_token)
        identifier, issued = _identity(proof.claims)
        key = thumbprint(public_key(proof.header["jwk"]))
    except (VerificationFailed, UnsuitableKey) as error:
        raise InvalidProof(detail=str(error)) from None
    _has_nonce(proof.claims.get("nonce"), needed=with_nonce)
    before_use()
    if not first_use("dpop", key, identifier, issued=issued, until=now() + 2 * PROOF_AGE):
        raise InvalidProof(detail=f"jti used before, issued {issued}")
    return Binding(KEY, key)


def nonce_comes_first(request: Request, *, needed: bool) -> None:
    """Raise NonceNeeded as `proven` will, before anything in the request is used up.

    A client that receives the nonce sends the same request once more, with another proof (RFC 9449,
    8).
    """
    text = request.header(HEADER)
    if text is None:
        return
    try:
        nonce = claims_before_proof(text).get("nonce")
    except VerificationFailed:
        return
    _has_nonce(nonce, needed=needed)


def next_nonce() -> str | None:
    """Return the nonce for the caller of the present request, if it uses nonces."""
    nonce: str | None = request_values().get("dpop_nonce")
    return nonce


def _has_nonce(nonce: object, *, needed: bool) -> None:
    if nonce is None and not needed:
        return
    request_values().dpop_nonce = nonces.new_nonce()
    if not isinstance(nonce, str) or not nonces.is_valid_nonce(nonce):
        raise NonceNeeded


def _key_inside(header: Header) -> list[PublicKey]:
    return [public_key(header.get("jwk"))]


def _is_for_this_request(claims: Mapping[str, object], method: str, path: str) -> None:
    if claims.get("htm") != method:
        raise VerificationFailed("htm is another method")
    address, ours = claims.get("htu"), (_normal(origin + path) for origin in settings().origins)
    if not isinstance(address, str) or _normal(address) not in ours:
        raise VerificationFailed("htu is another address")


def _is_for_this_token(claims: Mapping[str, object], access_token: str | None) -> None:
    if access_token is None:
        return
    digest = hashlib.sha256(access_token.encode()).digest()
    if claims.get("ath") != urlsafe_b64encode(digest).decode():
        raise VerificationFailed("ath is of another token")


def _identity(claims: Mapping[str, object]) -> tuple[str, int]:
    identifier, issued = claims.get("jti"), integer(claims, "iat")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        raise VerificationFailed("jti is missing")
    if issued is None or abs(issued - now().timestamp()) > PROOF_AGE / timedelta(seconds=1):
        raise VerificationFailed("iat is missing, or not of this moment")
    return identifier, issued


def _normal(address: str) -> tuple[str, str, int | None, str]:
    """Return the address without query and fragment (RFC 9449, 4.3).

    Letter case and default port of the origin do not matter (RFC 3986, 6.2.2.1 and 6.2.3).
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise VerificationFailed("htu cannot be read") from None
    return parts.scheme, parts.hostname or "", port, parts.path or "/"
