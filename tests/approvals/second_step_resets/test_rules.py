"""Rules about deciders of a reset, over every combination of facts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.memberships.rules import Authority
from approvals.second_step_resets import rules
from approvals.second_step_resets.rules import ResetFacts

OWNER, DECIDER = 1, 2
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
organisations = st.frozensets(st.integers(1, 3))
facts = st.builds(
    ResetFacts,
    owner=st.just(OWNER),
    owner_is_operator=st.booleans(),
    owner_approves=organisations,
    decider=st.sampled_from([OWNER, DECIDER, None]),
    authority=st.sampled_from(list(Authority)),
    decider_approves=organisations,
    operators=st.frozensets(st.integers(1, 4)),
    began_address_change=st.booleans(),
)


@given(facts)
def test_reset_is_never_decided_by_its_owner(found: ResetFacts) -> None:
    if found.decider == OWNER:
        assert rules.may_decide(found) == rules.OWN_RESET


@given(facts)
def test_reset_is_never_decided_after_an_address_change_by_the_same_person(
    found: ResetFacts,
) -> None:
    if found.began_address_change:
        assert rules.may_decide(found) is not None


@given(facts)
def test_approver_decides_only_about_people_without_more_power(found: ResetFacts) -> None:
    if found.authority is Authority.APPROVER and rules.may_decide(found) is None:
        assert not found.owner_is_operator
        assert found.owner_approves <= found.decider_approves


@given(facts)
def test_operators_decide_about_an_approver_in_pairs(found: ResetFacts) -> None:
    alone = found.authority is Authority.COMMAND and found.operators <= {found.owner}
    if found.owner_approves and found.authority is not Authority.APPROVER and not alone:
        assert rules.deciders_needed(found) == 2
    else:
        assert rules.deciders_needed(found) == 1


@pytest.mark.parametrize(
    ("approver", "operators"), list(itertools.product([False, True], range(4)))
)
def test_command_decides_only_where_operators_are_too_few(approver: bool, operators: int) -> None:
    found = ResetFacts(
        owner=OWNER,
        owner_is_operator=False,
        owner_approves=frozenset({1} if approver else ()),
        decider=None,
        authority=Authority.COMMAND,
        decider_approves=frozenset(),
        operators=frozenset(range(10, 10 + operators)),
    )
    allowed = rules.may_decide(found) is None
    assert allowed == (operators < (2 if approver else 1))


@given(
    hours=st.integers(1, 72),
    days=st.one_of(st.none(), st.integers(-10, 10)),
)
def test_effect_is_never_before_the_delay_nor_the_earliest_reset(
    hours: int, days: int | None
) -> None:
    not_before = AT + timedelta(days=days) if days is not None else None
    effect = rules.effect_at(AT, timedelta(hours=hours), not_before)
    assert effect >= AT + timedelta(hours=hours)
    assert not_before is None or effect >= not_before


@pytest.mark.parametrize(
    ("authority", "decider", "others", "allowed"),
    [
        (Authority.APPROVER, DECIDER, True, True),
        (Authority.APPROVER, OWNER, True, False),
        (Authority.OPERATOR, DECIDER, True, False),
        (Authority.OPERATOR, DECIDER, False, True),
        (Authority.COMMAND, None, False, False),
        (Authority.NONE, DECIDER, False, False),
    ],
)
def test_access_is_opened_by_another_approver_else_by_an_operator(
    authority: Authority, decider: int | None, others: bool, allowed: bool
) -> None:
    refusal = rules.may_agree_to_access(
        authority=authority, decider=decider, owner=OWNER, other_approvers=others
    )
    assert (refusal is None) is allowed
