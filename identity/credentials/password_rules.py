"""Rules for a new password (NIST SP 800-63B-4, 3.1.1.2), with the sentences of the pages. Pure.

Long, not common, not easy to guess, not about its owner; no rules of composition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from identity.credentials.common_passwords import is_common
from identity.credentials.guessability import is_guessable
from identity.credentials.hashing import normalised, too_long

MIN_CODE_POINTS = 12

TOO_SHORT = "Enter a password of 12 characters or more"
TOO_LONG = "Enter a password that is shorter. This one is too long to store"
COMMON = "That password is on a list of commonly used passwords. Choose another"
GUESSABLE = "That password is easy to guess. You could use three random words with spaces"
PERSONAL = "Your password must not contain your name, email address or organisation"

# Words that many organisations' names share say nothing about one of them.
_GENERIC = frozenset(
    {
        "academies",
        "academy",
        "borough",
        "catholic",
        "centre",
        "church",
        "city",
        "college",
        "council",
        "county",
        "department",
        "diocese",
        "education",
        "england",
        "federation",
        "free",
        "grammar",
        "group",
        "high",
        "infant",
        "infants",
        "inspectorate",
        "junior",
        "learning",
        "local",
        "middle",
        "multi",
        "national",
        "nursery",
        "office",
        "performance",
        "primary",
        "royal",
        "saint",
        "school",
        "schools",
        "service",
        "services",
        "sixth",
        "society",
        "special",
        "standards",
        "team",
        "technology",
        "training",
        "trust",
        "university",
    }
)
_LONG_ENOUGH = 4


@dataclass(frozen=True)
class Owner:
    """The owner of a new password. `names` are those of organisations and services."""

    given_name: str
    family_name: str
    email: str
    names: Sequence[str] = ()


def refusal(password: str, owner: Owner) -> str | None:
    """Return why this password is refused, or None if it may be used."""
    if too_long(password):
        return TOO_LONG
    text = normalised(password)
    if len(text) < MIN_CODE_POINTS:
        return TOO_SHORT
    if is_common(text):
        return COMMON
    if _mentions(text, owner):
        return PERSONAL
    if is_guessable(text, (*_personal_parts(owner), *_GENERIC)):
        return GUESSABLE
    return None


def _mentions(password: str, owner: Owner) -> bool:
    text = password.casefold()
    letters = _squeeze(text)
    words = set(re.split(r"[\W_]+", text))
    for part in _personal_parts(owner):
        if len(part) >= _LONG_ENOUGH and part in letters:
            return True
        if part in words:
            return True
    return owner.email.casefold() in text


def _personal_parts(owner: Owner) -> set[str]:
    local, _, domain = owner.email.partition("@")
    parts = {_squeeze(owner.given_name), _squeeze(owner.family_name), _squeeze(local)}
    parts |= {_squeeze(owner.given_name + owner.family_name), _squeeze(domain)}
    for name in (owner.given_name, owner.family_name, local):
        parts |= {_squeeze(word) for word in re.split(r"[\W_]+", name) if len(word) >= _LONG_ENOUGH}
    for name in ("Secure Access", *owner.names):
        parts.add(_squeeze(name))
        parts |= {
            word
            for word in re.split(r"[\W_]+", name.casefold())
            if len(word) > _LONG_ENOUGH and word not in _GENERIC
        }
    # One or two letters ("Li", "O") are in every phrase.
    return {part for part in parts if len(part) > 2}


def _squeeze(text: str) -> str:
    return "".join(c for c in normalised(text).casefold() if c.isalnum())
