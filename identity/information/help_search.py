"""Search in the topics of Help."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.text_search import plain_letters, search_words, slips_between
from app.web.help import HelpTopic

Match = Callable[[str, str], bool]
SHORT = 4
"""Letters below which a word counts only by itself: "app" is no part of "approver"."""
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class FoundTopics:
    """Topics that match a search, the best first. nearest: none of them has all of its words."""

    topics: Sequence[HelpTopic]
    nearest: bool = False


def search_topics(search: str, texts: Sequence[tuple[HelpTopic, str]]) -> FoundTopics:
    """Return the topics whose text has all words, else all with slips, else the weightiest."""
    words = search_words(search)
    everything = sum(len(word) for word in words)
    for match in (_contains, _resembles):
        found = _with_most(words, texts, match)
        if found and _weight(words, found[0][1], match) == everything:
            return FoundTopics(_best_first(words, found))
    nearest = _with_most(words, texts, _contains) or _with_most(words, texts, _resembles)
    return FoundTopics(_best_first(words, nearest), nearest=True)


def _with_most(
    words: Sequence[str], texts: Sequence[tuple[HelpTopic, str]], match: Match
) -> list[tuple[HelpTopic, str]]:
    """Return the topics with most of the words, by weight, and none that has no word."""
    weights = [_weight(words, text, match) for _, text in texts]
    most = max(weights, default=0)
    return [pair for pair, weight in zip(texts, weights, strict=True) if weight == most > 0]


def _best_first(
    words: Sequence[str], found: Sequence[tuple[HelpTopic, str]]
) -> Sequence[HelpTopic]:
    topics = [topic for topic, _ in found]
    return sorted(topics, key=lambda topic: -_weight(words, topic.title, _resembles))


def _weight(words: Sequence[str], text: str, match: Match) -> int:
    """Return how much of the words the text has: a long one says more than "how"."""
    plain = plain_letters(text)
    return sum(len(word) for word in words if match(word, plain))


def _contains(word: str, text: str) -> bool:
    """Return whether the text has the word, or with a short one, the word by itself."""
    if len(word) < SHORT:
        return word in WORD.findall(text)
    return word.removesuffix("s") in text


def _resembles(word: str, text: str) -> bool:
    return _contains(word, text) or (len(word) >= SHORT and slips_between([word], text) is not None)
