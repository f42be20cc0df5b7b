"""How wrong guesses slow down further ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from identity.sign_in.backoff import Limit, Tally, after_failure, waiting_time

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = Limit(free=3, first=MINUTE, longest=15 * MINUTE, forget=timedelta(hours=1))


def _fail(times: int, tally: Tally | None = None) -> Tally:
    tally = tally or Tally()
    for _ in range(times):
        tally = after_failure(tally, LIMIT, AT)
    return tally


def test_wait_is_none_for_the_first_failures() -> None:
    assert waiting_time(_fail(2), AT) == timedelta(0)


def test_wait_doubles_up_to_its_longest() -> None:
    assert [waiting_time(_fail(times), AT) / MINUTE for times in (3, 4, 5, 6, 7, 8, 500)] == [
        1, 2, 4, 8, 15, 15, 15,
    ]  # fmt: skip


def test_wait_is_none_for_a_failure_of_a_clock_that_was_ahead() -> None:
    tally = _fail(500)
    assert waiting_time(tally, AT - timedelta(hours=2)) == timedelta(0)
    assert waiting_time(tally, AT - timedelta(seconds=30)) > 15 * MINUTE
    assert waiting_time(
        after_failure(tally, LIMIT, AT - timedelta(hours=2)), AT - timedelta(hours=2)
    ) > (timedelta(0))


def test_calm_empties_the_bucket() -> None:
    assert after_failure(_fail(9), LIMIT, AT + timedelta(hours=1)).failures == 1


@given(st.integers(min_value=1, max_value=10_000))
def test_waiting_time_ends_by_itself(failures: int) -> None:
    tally = Tally(failures, AT, None)
    assert waiting_time(after_failure(tally, LIMIT, AT), AT + LIMIT.longest) == timedelta(0)
