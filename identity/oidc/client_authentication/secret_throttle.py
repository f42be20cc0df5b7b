"""Wrong client secrets slow down their sender alone: counted per client and network (CA-11).

Each worker counts in its memory. Against 256 random bits guessing is hopeless anyway; this bounds
what it costs us, and needs no server that could be missing. Unknown clients share one counter.
"""

from __future__ import annotations

from app.context import PerApplication
from app.web.client_address import network_of
from app.web.http import Request
from app.web.rate_counters import Allowance
from identity.oidc.clients.store import RelyingParty

FREE = 20
"""Failures in a minute."""


def too_many(client: RelyingParty | None, request: Request) -> bool:
    """Return whether the sender has failed too often for this client."""
    # Mostly nobody has failed: then nobody's name need be found.
    return not _failures().untouched and _failures().used_up(*_counter_key(client, request))


def count(client: RelyingParty | None, request: Request) -> None:
    """Count a failed authentication."""
    _failures().use(*_counter_key(client, request))


_failures = PerApplication("identity.oidc.secret_throttle", lambda: Allowance(FREE))


def _counter_key(client: RelyingParty | None, request: Request) -> tuple[str, str]:
    return (client.client_id if client else "unknown", network_of(request))
