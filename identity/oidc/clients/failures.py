"""Wrong client secrets slow down their sender alone: counted per client and network (CA-11).

Each worker counts in its memory. Against 256 random bits guessing is hopeless anyway; this bounds
what it costs us, and needs no server that could be missing. Unknown clients share one counter.
"""

from __future__ import annotations

from typing import cast

from flask import Flask
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from app.present import part
from app.web.counters import Memory
from app.web.request import client_network
from identity.oidc.clients.store import RelyingParty

FREE = RateLimitItemPerMinute(20)
_KEY = "identity.oidc.failures"


class Failures:
    """Counted by whom `_who` names."""

    def __init__(self) -> None:
        self._counts = Memory()
        self._limiter = FixedWindowRateLimiter(self._counts)

    def too_many(self, client: RelyingParty | None) -> bool:
        # Mostly nobody has failed: then nobody's name need be found.
        return bool(self._counts.storage) and not self._limiter.test(FREE, *_who(client))

    def count(self, client: RelyingParty | None) -> None:
        self._limiter.hit(FREE, *_who(client))


def install(app: Flask) -> None:
    app.extensions[_KEY] = Failures()


def too_many(client: RelyingParty | None) -> bool:
    return cast(Failures, part(_KEY)).too_many(client)


def count(client: RelyingParty | None) -> None:
    cast(Failures, part(_KEY)).count(client)


def _who(client: RelyingParty | None) -> tuple[str, str]:
    return (client.client_id if client else "unknown", client_network())
