"""Tokens as signed texts: access tokens (RFC 9068) and ID tokens (OpenID Connect Core, 2).

A token that comes back is ours only if its encoded header is one that a key of ours writes, byte
for byte: no `alg`, `jwk`, `crit` or `kid` of a stranger is ever looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

from authlib.oidc.core.util import create_half_hash
from joserfc.errors import JoseError
from joserfc.jws import deserialize_compact, serialize_compact

from app.clock import now
from app.identifiers import new_id
from app.settings import settings
from app.strict_json import compact_json
from identity.oidc.clients.store import RelyingParty
from identity.oidc.json_types import AccessTokenClaims, IDTokenClaims
from identity.oidc.jws_registry import LONGEST, REGISTRY
from identity.oidc.keys.states import State, published, state
from identity.oidc.keys.store import ACCESS_TOKEN, ID_TOKEN, HeldKey, ring, signing_key


@dataclass(frozen=True)
class AccessToken:
    """A verified access token. `grant` is the public id of its family, None for a service's own."""

    jti: str
    client_id: str
    subject: str
    audience: str
    scopes: tuple[str, ...]
    expires_at: int
    claims: Mapping[str, object]

    @property
    def grant(self) -> str | None:
        family, dot, _ = self.jti.partition(".")
        return family if dot else None


def issue_access_token(
    client: RelyingParty,
    *,
    subject: str,
    audience: str,
    scope: str,
    family: str | None,
    claims: Mapping[str, object],
    at: datetime,
    ends_by: int | None = None,
) -> str:
    """Issue an access token, whose `jti` begins with the public id `family`.

    `ends_by` is a moment in seconds that it does not outlive.
    """
    issued = int(at.timestamp())
    identifier = new_id()
    payload = {
        "iss": settings().issuer,
        "sub": subject,
        "aud": audience,
        "client_id": client.client_id,
        "iat": issued,
        "exp": issued + lifetime(client.access_token_lifetime, at, ends_by),
        "jti": f"{family}.{identifier}" if family else identifier,
        **({"scope": scope} if scope else {}),
        **claims,
    }
    return signed(payload, alg=client.access_token_alg, typ=ACCESS_TOKEN)


def lifetime(longest: int, at: datetime, ends_by: int | None) -> int:
    """Return the seconds for which a token that is issued now is valid."""
    return longest if ends_by is None else min(longest, ends_by - int(at.timestamp()))


def issue_id_token(
    client: RelyingParty,
    *,
    access_token: str,
    claims: Mapping[str, object],
    at: datetime,
    ends_by: int | None = None,
) -> str:
    """Issue an ID token that belongs to the access token, and does not outlive `ends_by`."""
    issued = int(at.timestamp())
    payload = {
        "iss": settings().issuer,
        "aud": client.client_id,
        "iat": issued,
        "exp": issued + lifetime(client.id_token_lifetime, at, ends_by),
        "at_hash": create_half_hash(access_token, client.id_token_alg).decode(),
        **claims,
    }
    return signed(payload, alg=client.id_token_alg, typ=ID_TOKEN)


def read_access_token(text: str) -> AccessToken | None:
    """Return the token if this provider signed it by a published key and it has not expired.

    Whether its family still stands is another question.
    """
    opened = _open_token(text, ACCESS_TOKEN)
    at = now()
    if opened is None or not published(opened[0], at):
        return None
    # This provider signed it, so the members have the types that they were issued with.
    claims = cast(AccessTokenClaims, opened[1])
    if claims["exp"] <= at.timestamp():
        return None
    return AccessToken(
        jti=claims["jti"],
        client_id=claims["client_id"],
        subject=claims["sub"],
        audience=claims["aud"],
        scopes=tuple(claims.get("scope", "").split()),
        expires_at=claims["exp"],
        claims=opened[1],
    )


def read_id_token_hint(text: str) -> IDTokenClaims | None:
    """Return the claims of an ID token of any age (RP-Initiated Logout, 2), or None."""
    opened = _open_token(text, ID_TOKEN)
    if opened is None or state(opened[0], now()) is State.WITHDRAWN:
        return None
    claims = opened[1]
    # Other signed answers share the type; only an ID token has the hash of an access token.
    if claims.get("iss") != settings().issuer or "at_hash" not in claims:
        return None
    return cast(IDTokenClaims, claims)


def signed(payload: Mapping[str, object], *, alg: str, typ: str) -> str:
    """Return a JWT with the header `typ`, signed by the active key of that algorithm."""
    key = signing_key(alg)
    if not key.key.is_private:
        raise LookupError(f"the private half of the active {alg} key has been removed")
    return serialize_compact(key.header(typ), compact_json(payload), key.key, registry=REGISTRY)


def _open_token(text: str, typ: str) -> tuple[HeldKey, Mapping[str, object]] | None:
    if len(text) > LONGEST or text.count(".") != 2:
        return None
    key, key_type = ring().by_header.get(text.partition(".")[0], (None, ""))
    if key is None or key_type != typ:
        return None
    try:
        return key, _signed_by(key, text)
    except (JoseError, ValueError):
        return None


@lru_cache(maxsize=2048)
def _signed_by(key: HeldKey, text: str) -> Mapping[str, object]:
    """Return the payload that the key signed, cached: services present a token repeatedly.

    Raises ValueError or JoseError where the key did not: nothing is kept of what anybody makes up.
    """
    token = deserialize_compact(text, key.key, registry=REGISTRY)
    # The signature is ours, so the body is what we once wrote.
    claims: Mapping[str, object] = json.loads(token.payload)
    return claims
