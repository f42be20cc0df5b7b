"""Each rule of the decision refuses where it should, and only there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.refusal import Refusal
from approvals.decision import evaluation
from approvals.decision.decision_types import RemitScope
from approvals.decision.facts import AccessFacts
from tests.approvals.decision.cases import (
    ALLOWED,
    CASES,
    DAY,
    GRANT,
    MEMBERSHIP,
    NOW,
    SCHOOL_PERFORMANCE,
    TOGETHER,
    TRUST,
    Case,
    several,
)

EVERY_CASE = [*CASES, *TOGETHER]


def name(case: Case) -> str:
    return case.rule


def test_decide_allows_a_grant_in_force() -> None:
    given = evaluation.evaluate(ALLOWED, NOW)
    assert given.allowed
    assert [group.code for group in given.user_groups] == ["School_Named"]
    assert given.capabilities == {
        "view_pupil_names",
        "download_pupil_data",
        "upload_data",
        "print_reports",
    }
    assert given.environment == "live"
    assert given.remit == RemitScope("own", "own", "100001")
    assert given.grants == (GRANT,)
    assert given.reasons == ()


@pytest.mark.parametrize("case", CASES, ids=name)
def test_rule_refuses_alone_with_its_reason(case: Case) -> None:
    refused = evaluation.evaluate(case.facts, NOW)
    assert refused.reasons == (Refusal(case.rule, case.sentence),)
    assert not refused.allowed
    assert not refused.user_groups
    assert not refused.capabilities
    assert refused.remit is None


@pytest.mark.parametrize("case", TOGETHER, ids=name)
def test_rule_refuses_beside_others(case: Case) -> None:
    assert Refusal(case.rule, case.sentence) in evaluation.evaluate(case.facts, NOW).reasons


TABLES = ("ENTRANCE", "SOME_MEMBERSHIP", "MEMBERSHIP", "SOME_GRANT", "GRANT", "HOLDING")


def every_rule() -> Iterator[type]:
    for table in TABLES:
        for rule in getattr(evaluation, table):
            yield type(rule)


def test_rules_all_have_a_case() -> None:
    assert {rule.__name__ for rule in every_rule()} == {case.rule for case in EVERY_CASE}


@pytest.mark.parametrize("rule", list(every_rule()))
def test_cases_fail_with_a_broken_rule(rule: type, monkeypatch: pytest.MonkeyPatch) -> None:
    def agree(*_arguments: Any) -> None:
        return None

    monkeypatch.setattr(rule, "__call__", agree)
    broken = [case for case in EVERY_CASE if case.rule == rule.__name__]
    assert broken
    for case in broken:
        said = evaluation.evaluate(case.facts, NOW).reasons
        assert Refusal(case.rule, case.sentence) not in said


def test_decide_names_every_refusing_rule() -> None:
    facts = replace(
        ALLOWED,
        organisation=replace(ALLOWED.organisation, active=False),
        memberships=(replace(MEMBERSHIP, valid_to=NOW - DAY),),
        grants=(replace(GRANT, valid_to=NOW - DAY),),
    )
    assert [reason.code for reason in evaluation.evaluate(facts, NOW).reasons] == [
        "OrganisationIsOpen",
        "MembershipHasNotEnded",
        "GrantHasNotEnded",
    ]


def test_grant_ends_with_its_membership() -> None:
    left = replace(MEMBERSHIP, id=2, valid_to=NOW - DAY)
    facts = replace(ALLOWED, memberships=(MEMBERSHIP, left), grants=(replace(GRANT, membership=2),))
    assert [reason.code for reason in evaluation.evaluate(facts, NOW).reasons] == ["GrantExists"]


def test_decide_ignores_an_earlier_membership() -> None:
    left = replace(MEMBERSHIP, id=2, valid_to=NOW - 50 * DAY)
    facts = replace(
        ALLOWED,
        memberships=(left, MEMBERSHIP),
        grants=(replace(GRANT, membership=2, valid_to=NOW - 50 * DAY), GRANT),
    )
    assert evaluation.evaluate(facts, NOW).allowed


def test_decide_explains_the_nearest_of_several_memberships() -> None:
    first = replace(MEMBERSHIP, id=2, valid_from=NOW - 300 * DAY, valid_to=NOW - 200 * DAY)
    last = replace(MEMBERSHIP, id=3, valid_to=NOW - DAY)
    coming = replace(MEMBERSHIP, id=4, valid_from=NOW + DAY)
    facts = replace(ALLOWED, memberships=(first, coming, last), grants=())
    assert evaluation.evaluate(facts, NOW).reasons[0].sentence == (
        "Membership of Elm School ended on 22 November 2026 at 9:00am."
    )


def test_decide_unites_the_capabilities_of_several_groups() -> None:
    facts = replace(
        ALLOWED,
        service=several(SCHOOL_PERFORMANCE),
        grants=(
            replace(GRANT, user_group="School_Governor"),
            replace(GRANT, user_group="School_Anon"),
        ),
    )
    given = evaluation.evaluate(facts, NOW)
    assert [group.code for group in given.user_groups] == ["School_Anon", "School_Governor"]
    assert given.capabilities == {"print_reports"}


def test_decide_opens_the_remit_of_a_trust() -> None:
    facts = replace(
        ALLOWED,
        organisation=TRUST,
        memberships=(replace(MEMBERSHIP, organisation="oak"),),
        grants=(replace(GRANT, user_group="MAT_Anon"),),
    )
    assert evaluation.evaluate(facts, NOW).remit == RemitScope(
        "remit", "multi_academy_trust", "1700"
    )


def test_decide_opens_all_schools_only_to_listed_organisations() -> None:
    office = replace(ALLOWED.organisation, kind="inspectorate", key=None)
    facts = replace(ALLOWED, grants=(replace(GRANT, user_group="Ofsted_Anon"),))
    assert not evaluation.evaluate(replace(facts, organisation=office), NOW).allowed
    listed = replace(office, listed_as=frozenset({"ofsted"}))
    given = evaluation.evaluate(replace(facts, organisation=listed), NOW)
    assert given.remit == RemitScope("all", "all", None)


def test_decide_opens_no_real_school_for_training() -> None:
    provider = replace(ALLOWED.organisation, kind="training_provider", key=None)
    facts = replace(
        ALLOWED, organisation=provider, grants=(replace(GRANT, user_group="Training_Anon"),)
    )
    given = evaluation.evaluate(facts, NOW)
    assert given.environment == "training"
    assert given.remit == RemitScope("training", "training", None)


def test_decide_names_a_grant_of_an_unknown_service_by_its_group() -> None:
    coming = replace(GRANT, valid_from=NOW + DAY)
    given = evaluation.evaluate(replace(ALLOWED, service=None, grants=(coming,)), NOW)
    assert not given.allowed
    assert "School_Named at Elm School starts on 24 November 2026 at 9:00am." in [
        reason.sentence for reason in given.reasons
    ]


def test_decide_counts_a_person_from_the_moment_of_joining() -> None:
    assert evaluation.evaluate(
        replace(ALLOWED, person=replace(ALLOWED.person, joined_at=NOW)), NOW
    ).allowed


def test_decide_explains_the_membership_that_begins_at_the_very_moment() -> None:
    ended = replace(MEMBERSHIP, id=2, valid_to=NOW - DAY)
    invited = replace(MEMBERSHIP, id=3, valid_from=NOW, joined_at=None)
    decision = evaluation.evaluate(replace(ALLOWED, memberships=(ended, invited), grants=()), NOW)
    assert decision.reasons[0].sentence == "The invitation to Elm School has not been accepted."


@pytest.mark.parametrize(
    "facts",
    [
        replace(ALLOWED, organisation=replace(ALLOWED.organisation, closed_at=NOW + DAY)),
        replace(ALLOWED, organisation=replace(ALLOWED.organisation, opened_at=NOW - DAY)),
        replace(ALLOWED, organisation=replace(ALLOWED.organisation, opened_at=NOW)),
        replace(ALLOWED, memberships=(replace(MEMBERSHIP, valid_from=NOW, joined_at=NOW),)),
        replace(ALLOWED, memberships=(replace(MEMBERSHIP, valid_to=NOW + DAY),)),
        replace(ALLOWED, grants=(replace(GRANT, valid_from=NOW),)),
        replace(ALLOWED, grants=(replace(GRANT, valid_to=NOW + DAY),)),
    ],
    ids=[
        "organisation closes later",
        "organisation opened before",
        "organisation opens now",
        "membership starts now",
        "membership ends later",
        "grant starts now",
        "grant ends later",
    ],
)
def test_decide_allows_from_the_start_and_until_the_end(facts: AccessFacts) -> None:
    assert evaluation.evaluate(facts, NOW).reasons == ()


def test_decide_refuses_an_organisation_from_the_moment_of_its_closure() -> None:
    closing = replace(ALLOWED, organisation=replace(ALLOWED.organisation, closed_at=NOW))
    assert [reason.code for reason in evaluation.evaluate(closing, NOW).reasons] == [
        "OrganisationIsOpen"
    ]


def test_decide_names_only_the_unknown_service_where_there_is_no_grant() -> None:
    unknown = replace(ALLOWED, service=None, grants=())
    assert [reason.code for reason in evaluation.evaluate(unknown, NOW).reasons] == [
        "ServiceIsKnown"
    ]


def test_decide_names_service_and_organisation_where_the_file_gives_no_sentence() -> None:
    office = replace(ALLOWED.organisation, kind="inspectorate", key=None)
    assert (
        Refusal(
            "OrganisationMayHoldSomething",
            "School Performance offers no user group to Elm School.",
        )
        in evaluation.evaluate(replace(ALLOWED, organisation=office), NOW).reasons
    )
