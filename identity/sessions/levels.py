"""Levels of authentication (`acr`) in their order, and the limits of a session at each level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from identity.settings import settings

ONE_FACTOR = "urn:secure-access:aal1"
TWO_FACTORS = "urn:secure-access:aal2"
PHISHING_RESISTANT = "urn:secure-access:aal2-phishing-resistant"

ORDER = (ONE_FACTOR, TWO_FACTORS, PHISHING_RESISTANT)


def rank(acr: str) -> int:
    """Return the place of a level in the order; -1 for an unknown one."""
    return ORDER.index(acr) if acr in ORDER else -1


def reaches(acr: str, minimum: str) -> bool:
    """Return whether a sign-in at the level `acr` satisfies the minimum."""
    return rank(acr) >= rank(minimum)


@dataclass(frozen=True)
class SessionLimits:
    """Limits of a session. idle: without an opened page. absolute: from the sign-in on."""

    idle: timedelta
    absolute: timedelta


def session_limits(acr: str) -> SessionLimits:
    """Return the limits of sessions at this level; an unknown level has those of the lowest."""
    chosen = settings()
    if reaches(acr, PHISHING_RESISTANT):
        minutes, hours = chosen.phishing_resistant_idle_minutes, chosen.phishing_resistant_hours
    elif reaches(acr, TWO_FACTORS):
        minutes, hours = chosen.session_idle_minutes, chosen.session_hours
    else:
        minutes, hours = chosen.one_factor_idle_minutes, chosen.one_factor_hours
    return SessionLimits(timedelta(minutes=minutes), timedelta(hours=hours))


def longest_session() -> timedelta:
    """Return the longest absolute limit of all levels."""
    return max(session_limits(acr).absolute for acr in ORDER)
