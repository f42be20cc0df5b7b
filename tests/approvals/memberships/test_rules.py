"""The rules alone, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from approvals.memberships import rules
from approvals.memberships.rules import Approvers, Authority, Held

TODAY = date(2026, 11, 23)
LATER = datetime(2027, 9, 1, tzinfo=UTC)
GROUPS = some.sampled_from(["A", "B", "C"])
SERVICES = some.sampled_from(["one", "two"])


@pytest.mark.parametrize(
    ("accounts", "account", "sole"),
    [({1}, 1, True), ({1, 2}, 1, False), ({2}, 1, False), (set(), 1, False), ({1}, None, False)],
)
def test_the_sole_approver_is_the_only_one_there_is(
    accounts: set[int], account: int | None, sole: bool
) -> None:
    assert Approvers(frozenset(accounts)).sole(account) is sole


@pytest.mark.parametrize("authority", list(Authority))
def test_approvers_and_commands_act_operators_and_others_do_not(authority: Authority) -> None:
    allowed = authority in {Authority.APPROVER, Authority.COMMAND}
    assert (rules.may_act(authority) is None) is allowed
    assert rules.may_act(authority, oneself=True) is None


def test_an_operator_appoints_others_and_not_himself() -> None:
    assert rules.may_appoint_first(Authority.OPERATOR, oneself=False) is None
    assert rules.may_appoint_first(Authority.OPERATOR, oneself=True) == rules.OWN_APPOINTMENT
    assert rules.may_appoint_first(Authority.NONE, oneself=False) == rules.NO_AUTHORITY


@pytest.mark.parametrize(
    ("last_day", "refusal"),
    [
        (None, None),
        (TODAY, None),
        (date(2026, 11, 22), rules.END_IN_THE_PAST),
        (date(2031, 11, 23), None),
        (date(2032, 1, 1), rules.END_TOO_FAR),
    ],
)
def test_an_end_lies_ahead_and_near(last_day: date | None, refusal: rules.Refusal | None) -> None:
    assert rules.may_end_on(last_day, TODAY) == refusal


def test_several_groups_are_given_only_where_the_service_says_so() -> None:
    offered = {"one": {"A", "B"}}
    wanted = {"one": ["A", "B"]}
    assert rules.may_give(wanted, offered=offered, several=[]) == rules.TOO_MANY
    assert rules.may_give(wanted, offered=offered, several=["one"]) is None
    assert rules.may_give({"two": ["A"]}, offered=offered, several=[]) == rules.NOT_OFFERED
    assert rules.may_give({"two": []}, offered=offered, several=[]) is None


def test_nobody_gains_by_his_own_hand_save_the_sole_approver() -> None:
    two = Approvers(frozenset({1, 2}))
    one = Approvers(frozenset({1}))
    cases = {
        (1, 1, True, two): rules.OWN_GROUP,
        (1, 1, False, two): None,
        (1, 2, True, two): None,
        (None, 1, True, two): None,
        (1, 1, True, one): None,
        (1, None, True, two): None,
    }
    for (giver, receiver, gains, approvers), refusal in cases.items():
        found = rules.may_give_to(giver=giver, receiver=receiver, gains=gains, approvers=approvers)
        assert found == refusal, (giver, receiver, gains)


@given(
    held=some.lists(
        some.tuples(SERVICES, GROUPS, some.sampled_from([None, LATER])),
        max_size=5,
        unique_by=lambda each: each[:2],
    ),
    wanted=some.dictionaries(SERVICES, some.lists(GROUPS, max_size=3)),
    ends_at=some.sampled_from([None, LATER]),
)
def test_carrying_out_the_plan_gives_exactly_what_is_wanted(
    held: list[tuple[str, str, datetime | None]],
    wanted: dict[str, list[str]],
    ends_at: datetime | None,
) -> None:
    rows = [Held(number, *each) for number, each in enumerate(held)]
    plan = rules.plan_change(rows, wanted, ends_at=ends_at)
    kept = [row for row in rows if row not in plan.close]
    after = [(row.service, row.user_group, row.valid_to) for row in kept]
    after += [(service, group, ends_at) for service, group in plan.give]
    assert len(after) == len(set(after)), "nothing is held twice"
    for service, groups in wanted.items():
        found = {row[1:] for row in after if row[0] == service}
        assert found == {(group, ends_at) for group in groups}
    others = {row for row in after if row[0] not in wanted}
    assert others == {each for each in held if each[0] not in wanted}
    assert rules.loses(plan) == any(
        service in wanted and group not in wanted[service] for service, group, _ in held
    )
