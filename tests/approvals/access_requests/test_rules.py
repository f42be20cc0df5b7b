"""Levels of deciders: somebody can always decide, and time adds people but decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.refusal import Refusal
from approvals.access_requests import rules
from approvals.memberships.deciders import Deciders
from approvals.memberships.rules import Authority

ASKED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
people = st.frozensets(st.sampled_from(range(1, 7)), max_size=3)
all_deciders = st.tuples(people, people, people, people).map(
    lambda levels: Deciders(levels[0], levels[1], {101: levels[2], 102: levels[3]})
)
askers = st.integers(1, 6)
ages = st.timedeltas(timedelta(0), timedelta(days=60))


def able_to_decide(deciders: Deciders, asker: int, age: timedelta) -> frozenset[int]:
    return frozenset(
        one
        for one in range(1, 8)
        if isinstance(
            rules.may_decide(deciders, decider=one, asker=asker, asked_at=ASKED, at=ASKED + age),
            Authority,
        )
    )


@given(all_deciders, askers, ages)
def test_active_account_may_decide_at_any_moment(
    deciders: Deciders, asker: int, age: timedelta
) -> None:
    everybody = deciders.approvers | deciders.operators
    everybody = everybody.union(*deciders.parents.values()) - {asker}
    found = able_to_decide(deciders, asker, age)
    assert bool(found) == bool(everybody)
    assert found <= everybody


@given(all_deciders, askers, ages, ages)
def test_time_takes_the_decision_from_nobody(
    deciders: Deciders, asker: int, one: timedelta, other: timedelta
) -> None:
    earlier, later = sorted((one, other))
    assert able_to_decide(deciders, asker, earlier) <= able_to_decide(deciders, asker, later)


@given(all_deciders, askers, ages)
def test_nearest_people_may_decide_from_the_first_moment(
    deciders: Deciders, asker: int, age: timedelta
) -> None:
    level, nearest = deciders.nearest(without=[asker])
    assert nearest <= able_to_decide(deciders, asker, timedelta(0))
    assert level is Authority.NONE or nearest <= able_to_decide(deciders, asker, age)


@given(all_deciders, askers, ages)
def test_asker_never_decides(deciders: Deciders, asker: int, age: timedelta) -> None:
    found = rules.may_decide(deciders, decider=asker, asker=asker, asked_at=ASKED, at=ASKED + age)
    assert isinstance(found, Refusal)


def test_request_goes_up_on_day_5_to_the_parent_and_on_day_10_to_operators() -> None:
    deciders = Deciders(frozenset({1}), frozenset({3}), {101: frozenset({2})})
    days = {day: able_to_decide(deciders, 9, timedelta(days=day)) for day in (0, 4, 5, 9, 10)}
    assert days == {0: {1}, 4: {1}, 5: {1, 2}, 9: {1, 2}, 10: {1, 2, 3}}


def test_request_without_parent_goes_up_to_operators_on_day_5() -> None:
    deciders = Deciders(frozenset({1}), frozenset({3}))
    assert able_to_decide(deciders, 9, timedelta(days=5)) == {1, 3}


def test_reminders_are_due_after_2_and_4_days() -> None:
    due = [rules.reminders_due(ASKED, ASKED + timedelta(days=day)) for day in range(11)]
    assert due == [0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 4]
