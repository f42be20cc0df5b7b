"""Levels of authentication (`acr`), in their order: a higher sign-in satisfies a lower request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ONE_FACTOR = "urn:secure-access:aal1"
TWO_FACTORS = "urn:secure-access:aal2"
PHISHING_RESISTANT = "urn:secure-access:aal2-phishing-resistant"

ORDER = (ONE_FACTOR, TWO_FACTORS, PHISHING_RESISTANT)
REACHABLE = (ONE_FACTOR, TWO_FACTORS)
"""Levels that a sign-in can reach today, for discovery; a factor that reaches more moves this."""


def rank(acr: str) -> int:
    """Return the place of a level in the order; -1 for an unknown one."""
    return ORDER.index(acr) if acr in ORDER else -1


def satisfied_levels(requested: Iterable[str], reached: str) -> list[str]:
    """Return the requested levels that a sign-in at `reached` satisfies."""
    return [acr for acr in requested if 0 <= rank(acr) <= rank(reached)]


def acr_claim(requested: Iterable[str], reached: str) -> str:
    """Return the `acr` claim: the highest requested level satisfied, else the reached one."""
    return max(satisfied_levels(requested, reached), key=rank, default=reached)


def needs_step_up(requested: Sequence[str], reached: str) -> bool:
    """Return whether no requested level is satisfied and another sign-in could satisfy one."""
    if not requested or satisfied_levels(requested, reached):
        return False
    return any(rank(reached) < rank(acr) for acr in requested if acr in REACHABLE)
