"""A client's public keys: those that it registered, or those behind its `jwks_uri`."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.context import PerApplication
from app.http_client import Unreachable
from identity.oidc.cache import cache
from identity.oidc.clients.jwks import Named, read
from identity.oidc.clients.remote_documents import fetched
from identity.oidc.clients.store import RelyingParty
from identity.oidc.jwt_verification import PublicKey, UnsuitableKey, VerificationFailed

KEPT_FOR = 600.0
"""Seconds for which fetched keys are kept, as long as they hold the key that is looked for."""
AGAIN_AFTER = 30.0
"""Seconds before the address is asked again, however often a strange `kid` comes."""
LONGEST_KEPT = 24 * 3600.0
"""Seconds for which keys are used while the address returns none."""
PATIENCE = 0.5
"""Seconds for which other threads wait for the one that fetches."""


@dataclass(frozen=True)
class Fetched:
    """Keys at an address, and the time of the last request for them.

    `keys` is None if no request succeeded, or the last success was too long ago.
    """

    address: str
    attempted_at: float
    fetched_at: float
    keys: Named | None


@dataclass(frozen=True)
class _Addresses:
    """Cache of one worker, by client. A lock per client lets one thread fetch at a time."""

    fetched: dict[int, Fetched] = field(default_factory=dict)
    locks: dict[int, threading.Lock] = field(default_factory=dict)


def keys_of(client: RelyingParty, header: Mapping[str, object]) -> list[PublicKey]:
    """Return the keys that may have signed a token with this header: that of its `kid`, else all.

    Raises VerificationFailed where the client's address does not tell its keys.
    """
    kid = header.get("kid")
    if client.jwks_uri is None:
        held = cache().get(("keys of", client.key), lambda: read(client.jwks or {"keys": []}))
        return _keys_with_id(held, kid)
    keys = _fetch_keys(client.key, client.jwks_uri, kid)
    if keys is None:
        raise VerificationFailed("the client's keys were not reached")
    return _keys_with_id(keys, kid)


def _keys_with_id(keys: Named, kid: object) -> list[PublicKey]:
    return [key for name, key in keys if kid is None or name is None or name == kid]


def _fetch_keys(client: int, address: str, kid: object) -> Named | None:
    """Return the keys at the address, or None.

    Changed keys count at once. While the address is down the keys of its last answer count.
    """
    found = _cached_keys(client, address)
    if (
        found is None
        or found.keys is None
        or time.monotonic() - found.fetched_at > KEPT_FOR
        or not _keys_with_id(found.keys, kid)
    ):
        _refresh(client, address)
        found = _cached_keys(client, address)
    return found.keys if found is not None else None


def _cached_keys(client: int, address: str) -> Fetched | None:
    found = _addresses().fetched.get(client)
    return found if found is not None and found.address == address else None


def _refresh(client: int, address: str) -> None:
    """Fetch the address unless it was fetched a moment ago.

    One thread at a time: an address that hangs holds one thread, however many requests name the
    client.
    """
    lock = _addresses().locks.setdefault(client, threading.Lock())
    if not lock.acquire(timeout=PATIENCE):
        return
    try:
        before = _cached_keys(client, address)
        if before is None or time.monotonic() - before.attempted_at > AGAIN_AFTER:
            _addresses().fetched[client] = _fetch(address, before)
    finally:
        lock.release()


def _fetch(address: str, before: Fetched | None) -> Fetched:
    at = time.monotonic()
    try:
        return Fetched(address, at, at, read(fetched(address)))
    except (Unreachable, UnsuitableKey):
        if before is None:
            return Fetched(address, at, at, None)
        keys = before.keys if at - before.fetched_at <= LONGEST_KEPT else None
        return replace(before, attempted_at=at, keys=keys)


_addresses = PerApplication("identity.oidc.client_keys", _Addresses)
