"""Which version counts, and who still has to accept one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from approvals.terms import rules
from approvals.terms.rules import DueVersion, Version

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)

FIRST = Version(1, 1, NOW - 300 * DAY, accept_again=True)
MENDED = Version(2, 2, NOW - 200 * DAY, accept_again=False)
SECOND = Version(3, 3, NOW - 100 * DAY, accept_again=True)
COMING = Version(4, 4, NOW + DAY, accept_again=True)


def test_due_version_is_none_without_a_version() -> None:
    assert rules.due_version([], set(), NOW) is None


def test_due_version_first_version_blocks_until_it_is_accepted() -> None:
    assert rules.due_version([FIRST], set(), NOW) == DueVersion(FIRST, blocking=True)
    assert rules.due_version([FIRST], {1}, NOW) is None


def test_due_version_optional_version_does_not_block() -> None:
    assert rules.due_version([FIRST, MENDED], {1}, NOW) == DueVersion(MENDED, blocking=False)
    assert rules.due_version([FIRST, MENDED], {1, 2}, NOW) is None


def test_due_version_without_acceptance_is_the_newest_and_blocks() -> None:
    assert rules.due_version([FIRST, MENDED], set(), NOW) == DueVersion(MENDED, blocking=True)


def test_due_version_is_none_after_a_newer_than_the_required_version() -> None:
    assert rules.due_version([FIRST, MENDED], {2}, NOW) is None
    assert rules.required([FIRST, MENDED], NOW) == FIRST


def test_due_version_required_version_blocks_after_an_older_one() -> None:
    assert rules.due_version([FIRST, MENDED, SECOND], {1, 2}, NOW) == DueVersion(
        SECOND, blocking=True
    )


def test_due_version_counts_a_version_from_its_day() -> None:
    versions = [FIRST, COMING]
    assert rules.due_version(versions, {1}, NOW) is None
    assert rules.due_version(versions, {1}, COMING.effective_from) == DueVersion(
        COMING, blocking=True
    )


def test_due_version_newest_version_is_the_one_published_last() -> None:
    brought_forward = Version(5, 5, NOW - 250 * DAY, accept_again=False)
    assert rules.newest([FIRST, SECOND, brought_forward], NOW) == brought_forward


def test_due_version_first_version_is_always_required() -> None:
    assert rules.must_be_accepted_again(accept_again=False, earlier=[])
    assert not rules.must_be_accepted_again(accept_again=False, earlier=[FIRST])
    assert rules.must_be_accepted_again(accept_again=True, earlier=[FIRST])


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    return [
        Version(
            number,
            number,
            NOW + timedelta(days=draw(st.integers(-10, 10))),
            accept_again=number == 1 or draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]


@given(histories(), st.sets(st.integers(1, 6)), st.integers(-12, 12))
def test_due_version_blocks_until_the_required_or_a_newer_version(
    versions: list[Version], accepted: set[int], day: int
) -> None:
    at = NOW + timedelta(days=day)
    known = {each.id for each in versions} & accepted
    due = rules.due_version(versions, known, at)
    needed = rules.required(versions, at)
    blocked = due is not None and due.blocking
    current = rules.newest(versions, at)
    met = needed is None or any(number >= needed.number for number in known)
    # A person who accepted the newest one in effect has accepted enough.
    assert blocked == (not met and current is not None and current.id not in known)
    assert (due is not None) == (current is not None and current.id not in known)


@given(histories(), st.sets(st.integers(1, 6)), st.integers(-12, 12))
def test_due_version_is_none_after_accepting_the_due_version(
    versions: list[Version], accepted: set[int], day: int
) -> None:
    at = NOW + timedelta(days=day)
    due = rules.due_version(versions, accepted, at)
    if due is not None:
        assert rules.due_version(versions, accepted | {due.version.id}, at) is None
