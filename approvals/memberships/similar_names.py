"""People whose name or address is nearly what a search looks for: `dogwod` finds Dogwood.

The database picks those who share pairs of letters with each word, the most first, and the best of
them are compared letter by letter. One method for both databases: a search looks through the people
of one organisation, whom the statement reads by an index.
"""

import re
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, literal, or_, select

from app.database import db
from app.spelling import distance, slips_allowed
from approvals.memberships.member_filters import MemberFilters, conditions
from approvals.memberships.models import Membership, search_words
from identity.accounts.models import Account, Invitation

MOST = 50
"""People whom a search by likeness finds."""

_COMPARED = 500
_BETWEEN_WORDS = re.compile(r"[\s@._+-]+")
_PAIRS_OF_A_SLIP = 3
"""Pairs of letters that one slip can change: two neighbours that change places are in three."""


def similar_people(organisation_id: int, filters: MemberFilters, at: datetime) -> list[int]:
    """Return the keys of memberships that resemble the search and match the other filters.

    The most similar come first. Each word is in the person's name or address as it was typed, or
    with a slip or two. Words of fewer than four letters count as they are.
    """
    words = search_words(filters.search)
    if not any(slips_allowed(word) for word in words):
        return []
    shares = [_pairs_shared(word) for word in words]
    likely = [
        or_(
            Membership.search_text.contains(word, autoescape=True),
            *([share >= _needed(word)] if slips_allowed(word) else []),
        )
        for word, share in zip(words, shares, strict=True)
    ]
    rows = db.session.execute(
        select(Membership.id, Membership.search_text)
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            and_(*likely),
            *conditions(filters.without_search(), at),
        )
        .order_by(sum(shares, literal(0)).desc(), Membership.sort_name, Membership.id)
        .limit(_COMPARED)
    )
    ranked = sorted(
        (slips, place, row.id)
        for place, row in enumerate(rows)
        if (slips := _slips(words, row.search_text)) is not None
    )
    return [identifier for _, _, identifier in ranked[:MOST]]


def _pairs_shared(word: str) -> ColumnElement[int]:
    """Return how many pairs of neighbouring letters of the word a person's text has."""
    found: ColumnElement[int] = literal(0)
    for pair in _pairs(word):
        found = found + case((Membership.search_text.contains(pair, autoescape=True), 1), else_=0)
    return found


def _pairs(word: str) -> list[str]:
    return sorted({word[place : place + 2] for place in range(len(word) - 1)})


def _needed(word: str) -> int:
    return max(1, len(_pairs(word)) - _PAIRS_OF_A_SLIP * slips_allowed(word))


def _slips(words: list[str], text: str) -> int | None:
    """Return the slips between the words and a person's text, or None for too many."""
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
