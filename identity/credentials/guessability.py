"""Estimate of the guesses that a password withstands (zxcvbn; Wheeler, USENIX Security 2016).

Pure. The estimate knows dictionaries of words, names and passwords, repetitions, sequences,
keyboard walks, dates and look-alike signs, so none of these alone makes a password long enough.
"""

from __future__ import annotations

import string
from collections.abc import Iterable

ENOUGH_GUESSES = 10**10
"""zxcvbn's own limit of "very unguessable"; three random words with spaces are far above it."""

_WINDOW = 50
"""Code points that are estimated at once: the time grows faster than the length."""
_FEWEST_DISTINCT = 5
_SEPARATORS = frozenset(string.punctuation + string.whitespace)


def is_guessable(password: str, words: Iterable[str]) -> bool:
    """Return whether a guesser who knows the words needs too few guesses.

    password: NFKC-normalised. words: names and other words that are known about its owner. Of a
    long password the beginning or the end has to withstand.
    """
    text = password.casefold()
    letters = "".join(char for char in text if char not in _SEPARATORS)
    if len(set(text) - {" "}) < _FEWEST_DISTINCT:
        return True
    # Separators that take up a third of the password are no more than padding.
    spellings = {text, letters} if 0 < len(letters) * 3 <= len(text) * 2 else {text}
    known = sorted({word.casefold() for word in words if word})
    return any(_is_guessable(spelling, known) for spelling in spellings)


def _is_guessable(text: str, words: list[str]) -> bool:
    windows = {text[:_WINDOW], text[-_WINDOW:]}
    return all(_guesses(window, words) < ENOUGH_GUESSES for window in windows)


def _guesses(text: str, words: list[str]) -> int:
    # Loading the dictionaries takes some 50 ms, once, where a password is chosen. Not `zxcvbn()`:
    # it keeps the words of one caller where all threads read them.
    from zxcvbn import matching, scoring

    dictionaries = {
        **matching.RANKED_DICTIONARIES,
        "user_inputs": matching.build_ranked_dict(words),
    }
    matches = matching.omnimatch(text, dictionaries)
    return int(scoring.most_guessable_match_sequence(text, matches)["guesses"])
