"""Searches by words, without regard to case, accents, apostrophes and slips of the hand."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.database import db
from app.spelling import distance, slips_allowed

MOST_WORDS = 6
MOST_SIMILAR = 50
"""Rows that a search by likeness finds."""

Row = TypeVar("Row")
Key = TypeVar("Key", int, int | None)
Text = ColumnElement[str] | InstrumentedAttribute[str]

_APOSTROPHES = {ord(mark): None for mark in "'’‘‛ʼʻʹ′`´＇"}
_EDGES = ".,;:()"
_JOINING_WORDS = frozenset({"&", "and"})
_COMPARED = 500
_BETWEEN_WORDS = re.compile(r"[\s@._+-]+")
_PAIRS_OF_A_SLIP = 3
"""Pairs of letters that one slip can change: two neighbours that change places are in three."""


def plain_letters(text: str) -> str:
    """Return text without regard to case, accents and apostrophes.

    `O’Neil`, `o'neil` and `oneil` give the same, and so do `Zoë` and `zoe`.
    """
    letters = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def search_words(search: str) -> list[str]:
    """Return the words that a search looks for in a text of plain letters.

    Points and commas around a word, and words that join names, count for nothing: `St. Mary & St.
    John` finds St Mary and St John.
    """
    words = [word.strip(_EDGES) or word for word in plain_letters(search).split()]
    telling = [word for word in words if word not in _JOINING_WORDS]
    return (telling or words)[:MOST_WORDS]


def contains_words(text: Text, words: Iterable[str]) -> list[ColumnElement[bool]]:
    """Return the conditions that a text of plain letters contains each word."""
    return [text.contains(word, autoescape=True) for word in words]


def slips_between(words: Sequence[str], text: str) -> int | None:
    """Return the slips between words and a text of plain letters, or None for too many."""
    parts, slips = _BETWEEN_WORDS.split(text), 0
    for word in words:
        if word in text:
            continue
        most = slips_allowed(word)
        nearest = min(distance(word, part, most) for part in parts)
        if nearest > most:
            return None
        slips += nearest
    return slips


def similar_keys(
    statement: Select[Row], key: InstrumentedAttribute[Key], text: Text, words: Sequence[str]
) -> list[Key]:
    """Return the keys of the statement's rows whose text has each word, or nearly: best first.

    The database picks the rows that share pairs of letters with each word, the most first, and the
    best of them are compared letter by letter: one method for every database, without an index.
    Words of fewer than four letters count as they are.
    """
    if not any(slips_allowed(word) for word in words):
        return []
    shares = [_pairs_shared(text, word) for word in words]
    likely = [
        or_(
            text.contains(word, autoescape=True),
            *([share >= _needed(word)] if slips_allowed(word) else []),
        )
        for word, share in zip(words, shares, strict=True)
    ]
    rows = db.session.execute(
        statement.with_only_columns(key, text)
        .where(and_(*likely))
        .order_by(None)
        .order_by(sum(shares, literal(0)).desc(), text, key)
        .limit(_COMPARED)
    )
    ranked = sorted(
        (slips, place, found)
        for place, (found, candidate) in enumerate(rows)
        if (slips := slips_between(words, candidate)) is not None
    )
    return [found for _, _, found in ranked[:MOST_SIMILAR]]


def _pairs_shared(text: Text, word: str) -> ColumnElement[int]:
    """Return how many pairs of neighbouring letters of the word the text has."""
    found: ColumnElement[int] = literal(0)
    for pair in _pairs(word):
        found = found + case((text.contains(pair, autoescape=True), 1), else_=0)
    return found


def _pairs(word: str) -> list[str]:
    return sorted({word[place : place + 2] for place in range(len(word) - 1)})


def _needed(word: str) -> int:
    return max(1, len(_pairs(word)) - _PAIRS_OF_A_SLIP * slips_allowed(word))
