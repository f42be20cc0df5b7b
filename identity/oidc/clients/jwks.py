"""A client's JWK Set (RFC 7517, 5), read with care: it comes from outside."""

from __future__ import annotations

from collections.abc import Mapping

from identity.oidc.jwt_verification import PublicKey, UnsuitableKey, WrongTokenType, public_key

MOST_KEYS = 20
Named = list[tuple[str | None, PublicKey]]
"""Keys, each with its `kid`."""


def signing_keys(jwks: object) -> list[Mapping[str, object]]:
    """Return the keys of the set that are not for encryption. Raises UnsuitableKey."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise UnsuitableKey(f"it is no object whose keys are at most {MOST_KEYS} public keys")
    return [key for key in keys if not (isinstance(key, Mapping) and key.get("use") == "enc")]


def read(jwks: object) -> Named:
    """Return the set's public keys for signatures. Raises UnsuitableKey.

    Keys of other kinds are passed over (RFC 7517, 5).
    """
    named: Named = []
    for jwk in signing_keys(jwks):
        try:
            key = public_key(jwk)
        except WrongTokenType:
            continue
        kid = jwk.get("kid")
        named.append((kid if isinstance(kid, str) else None, key))
    return named
