"""The rules alone, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.refusal import Refusal, RefusalError
from approvals.memberships import rules
from approvals.memberships.access_changes import HeldGroup, plan_change, removes_present_group
from approvals.memberships.rules import Approvers, Authority

TODAY = date(2026, 11, 23)
LATER = datetime(2027, 9, 1, tzinfo=UTC)
GROUPS = some.sampled_from(["A", "B", "C"])
SERVICES = some.sampled_from(["one", "two"])


@pytest.mark.parametrize(
    ("accounts", "account", "sole"),
    [({1}, 1, True), ({1, 2}, 1, False), ({2}, 1, False), (set(), 1, False), ({1}, None, False)],
)
def test_sole_is_true_of_the_only_approver(
    accounts: set[int], account: int | None, sole: bool
) -> None:
    assert Approvers(frozenset(accounts)).sole(account) is sole


@pytest.mark.parametrize("authority", list(Authority))
def test_may_act_accepts_approvers_and_commands_only(authority: Authority) -> None:
    allowed = authority in {Authority.APPROVER, Authority.COMMAND}
    assert (rules.may_act(authority) is None) is allowed
    assert rules.may_act(authority, oneself=True) is None


def test_may_appoint_first_accepts_two_operators_for_others_only() -> None:
    def may(*, oneself: bool, second: bool) -> Refusal | None:
        return rules.may_appoint_first(Authority.OPERATOR, oneself=oneself, second_decider=second)

    assert may(oneself=False, second=True) is None
    assert may(oneself=False, second=False) == rules.NEEDS_TWO_OPERATORS
    assert may(oneself=True, second=True) == rules.OWN_APPOINTMENT
    assert rules.may_appoint_first(Authority.PARENT, oneself=False) is None
    assert rules.may_appoint_first(Authority.PARENT, oneself=True) == rules.OWN_APPOINTMENT
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
def test_may_end_on_refuses_past_and_distant_days(
    last_day: date | None, refusal: Refusal | None
) -> None:
    assert rules.may_end_on(last_day, TODAY) == refusal


def test_may_give_refuses_several_groups_unless_the_service_allows_them() -> None:
    offered = {"one": {"A", "B"}}
    wanted = {"one": ["A", "B"]}
    assert rules.may_give(wanted, offered=offered, several=[]) == rules.TOO_MANY
    assert rules.may_give(wanted, offered=offered, several=["one"]) is None
    assert rules.may_give({"two": ["A"]}, offered=offered, several=[]) == rules.NOT_OFFERED
    assert rules.may_give({"two": []}, offered=offered, several=[]) is None


def test_may_give_to_lets_only_a_sole_approver_extend_their_own_access() -> None:
    two = Approvers(frozenset({1, 2}))
    one = Approvers(frozenset({1}))
    cases = {
        (1, 1, True, two): rules.OWN_GROUP,
        (1, 1, False, two): None,
        (1, 2, True, two): None,
        (None, 1, True, two): None,
        (1, 1, True, one): None,
        (1, None, True, two): None,
        (None, None, True, two): None,
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
def test_plan_change_results_in_the_wanted_groups(
    held: list[tuple[str, str, datetime | None]],
    wanted: dict[str, list[str]],
    ends_at: datetime | None,
) -> None:
    rows = [HeldGroup(number, *each) for number, each in enumerate(held)]
    plan = plan_change(rows, wanted, ends_at=ends_at)
    kept = [row for row in rows if row not in plan.close]
    after = [(row.service, row.user_group, row.valid_to) for row in kept]
    after += [(each.service, each.user_group, each.ends_at) for each in plan.give]
    assert len(after) == len(set(after)), "nothing is held twice"
    for service, groups in wanted.items():
        found = {row[1:] for row in after if row[0] == service}
        assert found == {(group, ends_at) for group in groups}
    others = {row for row in after if row[0] not in wanted}
    assert others == {each for each in held if each[0] not in wanted}
    assert removes_present_group(plan) == any(
        service in wanted and group not in wanted[service] for service, group, _ in held
    )


# -------------------------------------------------- every refusal, and the order of refusals

SOLE = Approvers(frozenset({1}))
BOTH = Approvers(frozenset({1, 2}))


@pytest.mark.parametrize(
    ("is_open", "member", "invited", "refusal"),
    [
        (True, False, False, None),
        (False, False, False, rules.ORGANISATION_ENDED),
        (False, True, True, rules.ORGANISATION_ENDED),
        (True, True, False, rules.ALREADY_MEMBER),
        (True, False, True, rules.ALREADY_INVITED),
        (True, True, True, rules.ALREADY_INVITED),
    ],
)
def test_may_add_refuses_closed_organisations_and_people_who_are_there(
    is_open: bool, member: bool, invited: bool, refusal: Refusal | None
) -> None:
    found = rules.may_add(organisation_open=is_open, member=member, invited=invited, shared=False)
    assert found == refusal


@pytest.mark.parametrize(
    ("is_open", "approver", "suspended", "refusal"),
    [
        (True, False, False, None),
        (False, False, False, rules.NOT_OPEN),
        (False, True, True, rules.NOT_OPEN),
        (True, False, True, rules.SUSPENDED),
        (True, True, True, rules.SUSPENDED),
        (True, True, False, rules.ALREADY_APPROVER),
    ],
)
def test_may_appoint_refuses_people_who_left_are_suspended_or_approve_already(
    is_open: bool, approver: bool, suspended: bool, refusal: Refusal | None
) -> None:
    found = rules.may_appoint(open_=is_open, approver=approver, suspended=suspended)
    assert found == refusal


@pytest.mark.parametrize(
    ("is_open", "approver", "approvers", "refusal"),
    [
        (True, True, BOTH, None),
        (True, True, SOLE, rules.LAST_APPROVER),
        (True, False, BOTH, rules.NOT_AN_APPROVER),
        (False, True, BOTH, rules.NOT_OPEN),
        (False, False, SOLE, rules.NOT_OPEN),
    ],
)
def test_may_demote_refuses_the_last_approver(
    is_open: bool, approver: bool, approvers: Approvers, refusal: Refusal | None
) -> None:
    found = rules.may_demote(open_=is_open, approver=approver, account_id=1, approvers=approvers)
    assert found == refusal


@pytest.mark.parametrize(
    ("is_open", "account", "approvers", "refusal"),
    [
        (True, 1, BOTH, None),
        (True, 2, SOLE, None),
        (True, None, SOLE, None),
        (True, 1, SOLE, rules.LAST_APPROVER),
        (False, 2, BOTH, rules.NOT_OPEN),
        (False, 1, SOLE, rules.NOT_OPEN),
    ],
)
def test_may_remove_refuses_the_last_approver(
    is_open: bool, account: int | None, approvers: Approvers, refusal: Refusal | None
) -> None:
    assert rules.may_remove(open_=is_open, account_id=account, approvers=approvers) == refusal


@pytest.mark.parametrize("authority", [Authority.APPROVER, Authority.COMMAND, Authority.NONE])
@pytest.mark.parametrize("oneself", [True, False])
def test_may_appoint_first_treats_others_than_operators_as_any_act(
    authority: Authority, oneself: bool
) -> None:
    refusal = rules.NO_AUTHORITY if authority is Authority.NONE else None
    assert rules.may_appoint_first(authority, oneself=oneself) == refusal


def test_may_end_on_allows_exactly_the_longest_time_and_no_day_more() -> None:
    longest = TODAY + rules.LONGEST_END
    assert rules.may_end_on(longest, TODAY) is None
    assert rules.may_end_on(longest + timedelta(days=1), TODAY) == rules.END_TOO_FAR


def test_may_give_takes_a_group_named_twice_for_one() -> None:
    assert rules.may_give({"one": ["A", "A"]}, offered={"one": {"A"}}, several=[]) is None


def test_plan_says_whether_it_changes_and_gives_anything() -> None:
    held = [HeldGroup(1, "one", "A", None)]
    same = plan_change(held, {"one": ["A"]}, ends_at=None)
    assert (same.nothing, same.gains) == (True, False)
    less = plan_change(held, {"one": []}, ends_at=None)
    assert (less.nothing, less.gains) == (False, False)
    more = plan_change(held, {"one": ["A", "B"]}, ends_at=None)
    assert (more.nothing, more.gains) == (False, True)


def test_refusal_error_has_code_and_sentence() -> None:
    error = RefusalError(rules.LAST_APPROVER)
    assert error.refusal.code == "last_approver"
    assert str(error) == rules.LAST_APPROVER.sentence


def test_may_change_again_refuses_the_eleventh_change_of_a_day() -> None:
    assert rules.may_change_again(rules.MOST_CHANGES - 1) is None
    assert rules.may_change_again(rules.MOST_CHANGES) == rules.TOO_MANY_CHANGES
