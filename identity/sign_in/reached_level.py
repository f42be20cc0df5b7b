"""`amr` and `acr` of a sign-in: from the evidence shown here, and from a trusted provider."""

from __future__ import annotations

from collections.abc import Sequence

from identity.credentials import registry
from identity.credentials.factor import Evidence
from identity.sessions.levels import ONE_FACTOR, PHISHING_RESISTANT, TWO_FACTORS
from identity.sessions.origin import Origin


def amr(shown: Sequence[Evidence], origin: Origin | None) -> tuple[str, ...]:
    """Return the methods of a sign-in.

    Of a sign-in at a provider, only methods are named that this service saw, or that the provider
    is trusted to name. `mfa` is added where a factor was shown here after the sign-in there.
    """
    if origin is None:
        return registry.amr(shown)
    values = [*origin.amr, *registry.amr(shown)]
    if _is_two_factor(shown, origin):
        values.append("mfa")
    return tuple(dict.fromkeys(values))


def acr(shown: Sequence[Evidence], origin: Origin | None) -> str:
    """Return the level of a sign-in."""
    if origin is None:
        return registry.acr(shown)
    if not _is_two_factor(shown, origin):
        return ONE_FACTOR
    if origin.phishing_resistant or any(each.phishing_resistant for each in shown):
        return PHISHING_RESISTANT
    return TWO_FACTORS


def _is_two_factor(shown: Sequence[Evidence], origin: Origin) -> bool:
    return origin.two_factors or bool(shown)
