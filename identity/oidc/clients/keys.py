"""A client's public keys: those that it registered, or those behind its `jwks_uri`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask

from app.outgoing import NotReached
from app.present import part
from identity.oidc.cache import cache
from identity.oidc.clients.documents import fetched
from identity.oidc.clients.jwks import Named, read
from identity.oidc.clients.store import RelyingParty
from identity.oidc.foreign import NotVerified, PublicKey, UnfitKey

KEPT_FOR = 600.0
"""Seconds for which fetched keys are kept, as long as they hold the key that is looked for."""
AGAIN_AFTER = 30.0
"""Seconds before the address is asked again, however often a strange `kid` comes."""
_KEY = "identity.oidc.clients.keys"


@dataclass(frozen=True)
class Fetched:
    address: str
    at: float
    keys: Named | None
    """None: the address was not reached, or what it said were no keys."""


def install(app: Flask) -> None:
    app.extensions[_KEY] = {}


def keys_of(client: RelyingParty, header: Mapping[str, Any]) -> list[PublicKey]:
    """The keys that may have signed a token with this header: that of its `kid`, else all.

    Raises NotVerified where the client's address does not tell its keys.
    """
    kid = header.get("kid")
    if client.jwks_uri is None:
        held = cache().get(("keys of", client.key), lambda: read(client.jwks or {"keys": []}))
        return _named(held, kid)
    found = _fetched(client.key, client.jwks_uri, KEPT_FOR)
    if found.keys is None or (kid is not None and not _named(found.keys, kid)):
        # A client that has changed its keys is believed at once, not after minutes.
        found = _fetched(client.key, client.jwks_uri, AGAIN_AFTER)
    if found.keys is None:
        raise NotVerified("the client's keys were not reached")
    return _named(found.keys, kid)


def _named(keys: Named, kid: Any) -> list[PublicKey]:
    return [key for name, key in keys if kid is None or name is None or name == kid]


def _fetched(client: int, address: str, kept_for: float) -> Fetched:
    """What the address said, at most so many seconds ago. Each worker keeps it in its memory."""
    kept = cast(dict[int, Fetched], part(_KEY))
    found = kept.get(client)
    if found is None or found.address != address or time.monotonic() - found.at > kept_for:
        found = kept[client] = Fetched(address, time.monotonic(), _asked_for(address))
    return found


def _asked_for(address: str) -> Named | None:
    try:
        return read(fetched(address))
    except (NotReached, UnfitKey):
        return None
