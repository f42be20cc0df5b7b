"""Lifetimes. Values that a client registers may be shorter, never longer (docs/decisions/0022)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CODE = 60
ACCESS_TOKEN = 300
ID_TOKEN = 300
OFFLINE_IDLE = 30 * 24 * 3600
OFFLINE_ABSOLUTE = 90 * 24 * 3600
REFRESH_GRACE = 10
LONGEST_TOKEN = timedelta(seconds=max(ACCESS_TOKEN, ID_TOKEN))

INTERACTION = timedelta(hours=1)
"""Time that a person may take between the service's request and the response."""

PUSHED_REQUEST = timedelta(seconds=60)
"""Time that a pushed request may wait for its first opening (RFC 9126, 2.2)."""

RESPONSE = timedelta(minutes=2)
"""Lifetime of a signed authorization response (JARM, 2.1)."""

CLOCK_SKEW = timedelta(seconds=60)
"""Time by which the clock of a token's issuer may be ahead of ours."""

LONGEST_ASSERTION = timedelta(hours=1) + CLOCK_SKEW
"""Longest lifetime of a client's assertion; its id is remembered until then. Widely
used clients give an hour where nobody tells them otherwise."""

LONGEST_REQUEST_OBJECT = timedelta(minutes=60)
"""FAPI 2.0 Message Signing, 5.3.1: between `nbf` and `exp`, and since `nbf`."""

PROOF_AGE = timedelta(seconds=60)
"""Age of a DPoP proof at most, also ahead of our clock (RFC 9449, 11.1)."""

LOGOUT_TOKEN_LIFE = timedelta(minutes=2)
"""OpenID Connect Back-Channel Logout, 2.4 and 4."""

SECRET_OVERLAP = timedelta(hours=24)
"""Time for which a client's old secret works beside a new one, unless another time is chosen."""

WRONG_VERIFIERS = 3
"""Wrong PKCE verifiers after which a code is burnt (PK-02)."""


@dataclass(frozen=True)
class Lifetime:
    """A member of the registration and what it may say, in seconds; without it `default`."""

    member: str
    longest: int
    shortest: int
    default: int


LIFETIMES = (
    Lifetime("code_lifetime", CODE, 10, CODE),
    Lifetime("access_token_lifetime", ACCESS_TOKEN, 30, ACCESS_TOKEN),
    Lifetime("id_token_lifetime", ID_TOKEN, 30, ID_TOKEN),
    Lifetime("offline_idle_lifetime", OFFLINE_IDLE, 3600, OFFLINE_IDLE),
    Lifetime("offline_absolute_lifetime", OFFLINE_ABSOLUTE, 3600, OFFLINE_ABSOLUTE),
    Lifetime("refresh_token_grace", REFRESH_GRACE, 0, REFRESH_GRACE),
)
