"""Levels of authentication (`acr`), in their order: a higher sign-in satisfies a lower request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from identity.sessions.levels import rank, reaches
from identity.sign_in.levels import reachable_levels


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
    required = required_level(requested)
    return required is not None and not reaches(reached, required)


def required_level(requested: Iterable[str]) -> str | None:
    """Return the lowest requested level that a sign-in can reach here, or None."""
    reachable = reachable_levels()
    return min((acr for acr in requested if acr in reachable), key=rank, default=None)
