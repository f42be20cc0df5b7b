"""Lifetimes. What a client registers may be shorter, never longer (decisions, Tokens)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CODE = 60
ACCESS_TOKEN = 300
ID_TOKEN = 300
OFFLINE_IDLE = 30 * 24 * 3600
OFFLINE_ABSOLUTE = 90 * 24 * 3600
LONGEST_TOKEN = timedelta(seconds=max(ACCESS_TOKEN, ID_TOKEN))

INTERACTION = timedelta(hours=1)
"""How long a person may take between the service's request and the answer."""

WRONG_VERIFIERS = 3
"""Wrong PKCE verifiers after which a code is burnt (PK-02)."""


@dataclass(frozen=True)
class Lifetime:
    """A member of the registration and the most that it may say, in seconds; also its default."""

    member: str
    longest: int
    shortest: int


LIFETIMES = (
    Lifetime("code_lifetime", CODE, 10),
    Lifetime("access_token_lifetime", ACCESS_TOKEN, 30),
    Lifetime("id_token_lifetime", ID_TOKEN, 30),
    Lifetime("offline_idle_lifetime", OFFLINE_IDLE, 3600),
    Lifetime("offline_absolute_lifetime", OFFLINE_ABSOLUTE, 3600),
)
