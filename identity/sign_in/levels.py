"""Levels of authentication that a sign-in can reach with the factors that are offered here."""

from __future__ import annotations

from identity.credentials import registry
from identity.credentials.factor import Factor, SignInPage
from identity.sessions.levels import ORDER, PHISHING_RESISTANT, reaches


def reachable_levels() -> tuple[str, ...]:
    """Return the levels that some person can reach, the lowest first."""
    if registry.phishing_resistant_factors():
        return ORDER
    return tuple(level for level in ORDER if level != PHISHING_RESISTANT)


def second_steps_towards(account_id: int, level: str) -> list[tuple[Factor, SignInPage]]:
    """Return the second steps to offer to the person, the first one first.

    A person who can reach the phishing-resistant level is offered only what reaches it, where it is
    required. Others sign in with what they have, and set up a passkey then.
    """
    resistant = reaches(level, PHISHING_RESISTANT)
    return registry.second_steps_of(account_id, phishing_resistant=resistant)


def can_reach(account_id: int, level: str) -> bool:
    """Return whether the person has a factor that reaches the level."""
    if not reaches(level, PHISHING_RESISTANT):
        return True
    resistant = tuple(registry.phishing_resistant_factors())
    return bool(registry.enrolled_factors(account_id, resistant))
