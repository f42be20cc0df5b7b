"""A client's public keys, as it registered them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from identity.oidc.cache import cache
from identity.oidc.clients.store import RelyingParty
from identity.oidc.foreign import PublicKey, public_key


def keys_of(client: RelyingParty, header: Mapping[str, Any]) -> list[PublicKey]:
    """The keys that may have signed a token with this header: that of its `kid`, else all."""
    held = cache().get(("keys of", client.key), lambda: _read(client.jwks))
    kid = header.get("kid")
    if kid is None:
        return [key for _, key in held]
    return [key for name, key in held if name is None or name == kid]


def _read(jwks: Mapping[str, Any] | None) -> list[tuple[str | None, PublicKey]]:
    return [(jwk.get("kid"), public_key(jwk)) for jwk in (jwks or {"keys": []})["keys"]]
