"""Statements of one family's files about one subject, stored as changes.

A stream is a list of statements, each a day and the facts that a file of that day states, in the
order of the days. A day of a complete file without a statement of its own repeats the one before
it; `None` stands for a complete file that omits the subject. The same files give the same stream in
any order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date

StoredStatement = tuple[date, str | None]


def with_statement(
    statements: Sequence[StoredStatement],
    day: date,
    facts: str | None,
    complete_days: Sequence[date],
    *,
    complete: bool,
) -> list[StoredStatement] | None:
    """Return the stream with one more statement, or None if that changes nothing.

    `complete_days` are the days, in order, of the family's complete files; `complete` says whether
    the statement comes from another one. A statement of the same day replaces the present one.
    """
    days = [each for each, _ in statements]
    before = bisect_right(days, day) - 1
    in_force = statements[before][1] if before >= 0 else None
    has_own_day = before >= 0 and days[before] == day
    repeated = complete or _among(day, complete_days)
    if in_force == facts and (has_own_day or repeated):
        return None
    if facts is None and before < 0:
        return None
    changed = list(statements)
    if has_own_day:
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
    statements: list[StoredStatement],
    place: int,
    in_force: str | None,
    complete_days: Sequence[date],
) -> None:
    """Restore what the next complete file repeated: now it has to be stated."""
    following = bisect_right(complete_days, statements[place][0])
    if following == len(complete_days):
        return
    day = complete_days[following]
    has_statement_before = place + 1 < len(statements) and statements[place + 1][0] <= day
    if not has_statement_before and statements[place][1] != in_force:
        statements.insert(place + 1, (day, in_force))


def _drop_repetition(
    statements: list[StoredStatement], place: int, complete_days: Sequence[date]
) -> None:
    """Drop a statement that repeats the one before it on a complete file's day: it is no change."""
    if not 0 <= place < len(statements):
        return
    previous = statements[place - 1][1] if place > 0 else None
    if statements[place][1] == previous and (
        statements[place][0] in complete_days or statements[place][1] is None
    ):
        del statements[place]


def _among(day: date, days: Sequence[date]) -> bool:
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day
