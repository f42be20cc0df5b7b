"""Statements of one family's files about one subject, stored as changes.

A stream is a list of words, each a day and what was said on it, in the order of the days. A day of
a complete file that has no word of its own repeats the word before it; `None` is what a complete
file says that does not mention the subject. The same files give the same stream in any order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date

Word = tuple[date, str | None]


def with_word(
    words: Sequence[Word],
    day: date,
    facts: str | None,
    complete_days: Sequence[date],
    *,
    complete: bool,
) -> list[Word] | None:
    """Return the stream with one more word, or None if it says so already.

    `complete_days` are the days, in order, of the family's complete files; `complete` says whether
    the word comes from another one. A word of the same day replaces the one that stands.
    """
    days = [each for each, _ in words]
    before = bisect_right(days, day) - 1
    in_force = words[before][1] if before >= 0 else None
    stands_alone = before >= 0 and days[before] == day
    repeated = complete or _among(day, complete_days)
    if in_force == facts and (stands_alone or repeated):
        return None
    if facts is None and before < 0:
        return None
    changed = list(words)
    if stands_alone:
        changed[before] = (day, facts)
    else:
        before += 1
        changed.insert(before, (day, facts))
    _restore_next_day(changed, before, in_force, complete_days)
    _drop_repetition(changed, before + 1, complete_days)
    if repeated:
        _drop_repetition(changed, before, [*complete_days, day])
    return changed


def _restore_next_day(
    words: list[Word], place: int, in_force: str | None, complete_days: Sequence[date]
) -> None:
    """Restore what the next complete file repeated: now it has to be stated."""
    following = bisect_right(complete_days, words[place][0])
    if following == len(complete_days):
        return
    day = complete_days[following]
    has_word_before = place + 1 < len(words) and words[place + 1][0] <= day
    if not has_word_before and words[place][1] != in_force:
        words.insert(place + 1, (day, in_force))


def _drop_repetition(words: list[Word], place: int, complete_days: Sequence[date]) -> None:
    """Drop a word that repeats the one before it on a complete file's day: it is no change."""
    if not 0 <= place < len(words):
        return
    previous = words[place - 1][1] if place > 0 else None
    if words[place][1] == previous and (
        words[place][0] in complete_days or words[place][1] is None
    ):
        del words[place]


def _among(day: date, days: Sequence[date]) -> bool:
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day
