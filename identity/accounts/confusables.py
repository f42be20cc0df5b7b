"""Look-alike names and addresses, in letters of any script (TX-01).

Two texts that are different people to the program may be one to the eye: `аdmin` with a Cyrillic
letter, `pau1`, `bums` for `burns`. The tables are Unicode's (UTS #39, section 4).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

_ANY_SCRIPT = frozenset({"COMMON", "INHERITED"})
# Scripts that one word of one language may mix (UTS #39, 5.1).
_TOGETHER = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def look_alike(one: str, other: str) -> bool:
    """Return whether a reader could take one for the other."""
    return not _appearances(one).isdisjoint(_appearances(other))


def mixes_alphabets(text: str) -> bool:
    """Return whether one of its words has letters of more than one alphabet."""
    return any(_is_mixed(word) for word in _BETWEEN_WORDS.split(displayed_form(text)))


def displayed_form(text: str) -> str:
    """Return the text in composed form; an address with its domain as a reader sees it."""
    text = unicodedata.normalize("NFKC", text)
    local, at, domain = text.rpartition("@")
    if not at or "xn--" not in domain.casefold():
        return text
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return text


@lru_cache(maxsize=20_000)
def _appearances(text: str) -> frozenset[str]:
    # As written and without regard to case: a capital I passes for a small l, and A for a.
    shown = displayed_form(text)
    return frozenset(_skeleton(each).casefold() for each in (shown, shown.casefold()))


def _skeleton(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", decomposed.translate(_prototypes()))


@lru_cache(maxsize=1)
def _prototypes() -> dict[int, str]:
    """Return the character that stands for all look-alikes, by the number of each."""
    from confusable_homoglyphs import confusables

    table = {}
    for char, found in confusables.confusables_data.items():
        if len(char) != 1 or len(found) != 1:
            continue  # several look like it: it stands for them
        other = found[0]["c"].strip("\u200e")
        alone = len(confusables.confusables_data.get(other, ())) == 1
        table[ord(char)] = min(char, other) if alone and len(other) == 1 else other
    return table


def _is_mixed(word: str) -> bool:
    from confusable_homoglyphs import categories

    scripts = frozenset(categories.unique_aliases(word)) - _ANY_SCRIPT
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
