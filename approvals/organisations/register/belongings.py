"""Which trust a school is in on any day. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from approvals.organisations.register import layouts
from approvals.organisations.register.statuses import BEGINNING, END, Said, as_day

Word = tuple[date, str, date | None]
"""Day of a statement, trust ("" for none) and Joined Date."""

_LINK_FAMILIES = frozenset({layouts.ALL_LINKS, layouts.GROUP_LINKS})


@dataclass(frozen=True)
class Belonging:
    """A school in a trust. Before `known_from` it is only the earliest that is known."""

    uid: str
    valid_from: date
    valid_to: date
    known_from: date


def belongings(said: Said) -> tuple[Belonging, ...]:
    words = list(_trust_words(said))
    if not any(uid for _, uid, _ in words):
        return ()
    days = {BEGINNING, *(day for day, _, _ in words)}
    days.update(joined for _, _, joined in words if joined)
    found: list[Belonging] = []
    for day, next_day in pairwise([*sorted(days), END]):
        uid = trust_on(day, words)
        if not uid:
            continue
        if found and found[-1].uid == uid and found[-1].valid_to == day:
            last = found.pop()
            found.append(Belonging(uid, last.valid_from, next_day, last.known_from))
        else:
            known_from = day
            if day == BEGINNING:
                known_from = next(each for each, trust, _ in words if trust == uid)
            found.append(Belonging(uid, day, next_day, known_from))
    return tuple(found)


def _trust_words(
    said: Said,
) -> Iterable[Word]:
    """Day, trust ("" for none) and Joined Date; on one day a link file's word counts."""
    by_day: dict[date, tuple[bool, str, date | None]] = {}
    for day, family, facts in said:
        of_links = family in _LINK_FAMILIES
        if facts is None and of_links:
            word: tuple[bool, str, date | None] = (of_links, "", None)
        elif facts is not None and "trust" in facts:
            word = (of_links, facts["trust"], as_day(facts.get("joined_on")))
        else:
            continue
        standing = by_day.get(day)
        if standing is None or of_links or not standing[0]:
            by_day[day] = word
    return ((day, uid, joined) for day, (_, uid, joined) in sorted(by_day.items()))


def trust_on(day: date, words: Sequence[Word]) -> str:
    """The UID of the trust on a day, or "". The newest word whose Joined Date covers it counts."""
    for stated, uid, joined in reversed(words):
        if stated < day:
            return "" if joined and joined > day else uid
        if uid and joined and joined <= day:
            return uid
        if stated == day:
            return "" if joined else uid
    _, uid, joined = words[0]
    return "" if joined else uid
