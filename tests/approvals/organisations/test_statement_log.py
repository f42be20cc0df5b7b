"""Streams of statements: the same files give the same stream in any order."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from approvals.organisations.register.statement_log import StoredStatement, with_statement

_FIRST = date(2018, 1, 1)


@st.composite
def _files(draw: st.DrawFn) -> list[tuple[date, str | None, bool]]:
    """Files of different days: each says something, or is complete and silent."""
    days = draw(st.lists(st.integers(0, 12), unique=True, min_size=1, max_size=8))
    files: list[tuple[date, str | None, bool]] = []
    for day in days:
        complete = draw(st.booleans())
        facts = draw(st.sampled_from(["a", "b", None] if complete else ["a", "b"]))
        files.append((_FIRST + timedelta(days=day), facts, complete))
    return files


def _stream(files: list[tuple[date, str | None, bool]]) -> list[StoredStatement]:
    statements: list[StoredStatement] = []
    complete_days: list[date] = []
    for day, facts, complete in files:
        changed = with_statement(statements, day, facts, sorted(complete_days), complete=complete)
        statements = statements if changed is None else changed
        if complete:
            complete_days.append(day)
    return statements


def _said(files: list[tuple[date, str | None, bool]], day: date) -> str | None:
    earlier = [file for file in sorted(files, key=lambda each: each[0]) if file[0] <= day]
    return earlier[-1][1] if earlier else None


@given(_files(), st.randoms(use_true_random=False))
def test_with_statement_gives_the_same_stream_in_any_order(files: list, chance: object) -> None:  # type: ignore[type-arg]
    shuffled = list(files)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _stream(shuffled) == _stream(sorted(files, key=lambda each: each[0]))


@given(_files())
def test_with_statement_keeps_the_answer_of_every_day(
    files: list[tuple[date, str | None, bool]],
) -> None:
    statements = _stream(files)
    for offset in range(-1, 15):
        day = _FIRST + timedelta(days=offset)
        before = [facts for stated, facts in statements if stated <= day]
        assert (before[-1] if before else None) == _said(files, day)


@given(_files())
def test_with_statement_of_the_same_file_changes_nothing(
    files: list[tuple[date, str | None, bool]],
) -> None:
    statements = _stream(files)
    complete_days = sorted(day for day, _, complete in files if complete)
    for day, facts, complete in files:
        assert with_statement(statements, day, facts, complete_days, complete=complete) is None


def test_with_statement_adds_none_for_a_complete_file_that_says_the_same() -> None:
    first, second = date(2018, 1, 1), date(2018, 2, 1)
    assert with_statement([(first, "a")], second, "a", [first], complete=True) is None
