"""In which state a key is, by its times. Pure.

    next     published, does not sign yet: every verifier's copy of the key set has it in time
    active   signs
    retired  signs no more; published until the last token that it signed has ended
    gone     no longer published; its public half still recognises an old ID token as a hint
    withdrawn  taken out by hand (compromised): nothing that it signed counts any more

The switch needs no process to happen: a key signs from `active_from` until the next one does.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from identity.oidc.lifetimes import LONGEST_TOKEN

ALGS = ("RS256", "PS256", "ES256", "EdDSA")
"""Each signs with keys of its own (RFC 8725, 3.1); EdDSA with the curve Ed25519."""
SKEW = timedelta(minutes=1)
"""For verifiers whose clock is behind."""


class State(enum.StrEnum):
    """State of a signing key, which follows from its times."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    GONE = "gone"
    WITHDRAWN = "withdrawn"


class Times(Protocol):
    """Times of a signing key."""

    @property
    def alg(self) -> str: ...
    @property
    def active_from(self) -> datetime | None: ...
    @property
    def retired_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


Key = TypeVar("Key", bound=Times)


def state(key: Times, at: datetime) -> State:
    """Return the state of a key at a moment."""
    if key.withdrawn_at is not None:
        return State.WITHDRAWN
    if key.active_from is None or key.active_from > at:
        return State.NEXT
    if key.retired_at is None or key.retired_at > at:
        return State.ACTIVE
    return State.RETIRED if key.retired_at + LONGEST_TOKEN + SKEW > at else State.GONE


def published(key: Times, at: datetime) -> bool:
    """Return whether the key is in the key set at a moment."""
    return state(key, at) in {State.NEXT, State.ACTIVE, State.RETIRED}


def signs_at(published_at: datetime, max_age: timedelta, at: datetime) -> datetime:
    """Return the first moment at which a key may sign, after older copies of the set expired."""
    return max(at, published_at + max_age)


def signing(keys: Iterable[Key], alg: str, at: datetime) -> Key | None:
    """Return the key that signs with this algorithm."""
    active = [key for key in keys if key.alg == alg and state(key, at) is State.ACTIVE]
    return max(active, key=lambda key: key.active_from or at, default=None)


def algs_due(keys: Iterable[Key], lifetime: timedelta, at: datetime) -> list[str]:
    """Return algorithms whose key has signed for its lifetime, with no other on its way."""
    keys = list(keys)
    on_their_way = {key.alg for key in keys if key.active_from and state(key, at) is State.NEXT}
    active = (signing(keys, alg, at) for alg in ALGS if alg not in on_their_way)
    return [
        key.alg for key in active if key and key.active_from and key.active_from + lifetime <= at
    ]
