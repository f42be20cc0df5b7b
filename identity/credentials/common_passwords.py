"""Passwords that guessers try first (NIST SP 800-63B-4, section 3.1.1.2).

Pure: a listed password or phrase is refused as it stands, padded, repeated, with a year, or with
letters written as look-alike signs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from identity.credentials.well_known_phrases import WELL_KNOWN_PHRASES

_LOOK_ALIKES = str.maketrans("@4301!$57", "aaeoliss" + "t")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LETTER = re.compile(r"[^\W\d_]")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_SHORTEST_UNIT = 4


def is_common(password: str) -> bool:
    """Return whether the password, already NFKC-normalised, is one that guessers try first."""
    text = password.casefold()
    spellings = {text, _squeeze(text), _squeeze(_YEAR.sub("", text))}
    spellings |= {_EDGES.sub("", each) for each in spellings}
    return any(_listed_or_padded(each) or _repeats(each) for each in spellings)


def _listed_or_padded(text: str) -> bool:
    core = _EDGES.sub("", text)
    if text in _load_list() or core in _load_list() or core.translate(_LOOK_ALIKES) in _load_list():
        return True
    if _LETTER.search(text):
        return False
    # Digits and signs alone: refused where a listed number makes up half of them or more.
    return any(
        text[start:end] in _load_list()
        for start in range(len(text))
        for end in range(start + (len(text) + 1) // 2, len(text) + 1)
    )


def _repeats(text: str) -> bool:
    """Return whether the text is one unit over and over, a short one or a listed one.

    The last repetition may be cut short ("abcabcabcab").
    """
    for length in range(1, len(text) // 2 + 1):
        if text[length:] == text[:-length]:
            return length <= _SHORTEST_UNIT or _listed_or_padded(text[:length])
    return False


def _squeeze(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in "@$!")


@lru_cache(maxsize=1)
def _load_list() -> frozenset[str]:
    # 30,000 common passwords; loading them takes some 50 ms, once, where a password is chosen.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    words = frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= _SHORTEST_UNIT)
    return words | {_squeeze(phrase) for phrase in WELL_KNOWN_PHRASES.splitlines()}
