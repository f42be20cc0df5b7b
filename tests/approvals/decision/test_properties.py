"""Properties of the decision for any facts."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.access_model.definition import ServiceDefinition
from approvals.decision import evaluation
from approvals.decision.facts import (
    AccessFacts,
    GrantFacts,
    MembershipFacts,
    OrganisationFacts,
    PersonFacts,
)
from tests.approvals.decision.cases import NOW, SCHOOL_PERFORMANCE, several

HOURS = st.integers(-100, 100).map(lambda hours: NOW + timedelta(hours=hours))
MAYBE = st.one_of(st.none(), HOURS)
PLACES = ("elm", "oak", "ash")
ORGANISATIONS = st.builds(
    OrganisationFacts,
    public_id=st.sampled_from(PLACES),
    name=st.just("Somewhere"),
    kind=st.sampled_from(
        ["establishment", "multi_academy_trust", "single_academy_trust", "department", "diocese"]
    ),
    key=st.sampled_from(["100001", "100002"]),
    active=st.sampled_from([True, True, True, False]),
    closed_at=st.one_of(st.none(), st.none(), HOURS),
    listed_as=st.frozensets(st.sampled_from(["ofsted", "department", "service_team"])),
)
MEMBERSHIPS = st.lists(
    st.builds(
        MembershipFacts,
        id=st.integers(1, 6),
        organisation=st.sampled_from(PLACES),
        valid_from=HOURS,
        joined_at=MAYBE,
        valid_to=MAYBE,
    ),
    max_size=6,
    unique_by=lambda row: row.id,
).map(tuple)
GRANTS = st.lists(
    st.builds(
        GrantFacts,
        membership=st.integers(1, 6),
        service=st.sampled_from(["school_performance", "school_performance", "library"]),
        user_group=st.sampled_from([group.code for group in SCHOOL_PERFORMANCE.groups] + ["Old"]),
        valid_from=HOURS,
        valid_to=MAYBE,
    ),
    max_size=8,
).map(tuple)
SERVICES = st.sampled_from([SCHOOL_PERFORMANCE, several(SCHOOL_PERFORMANCE)])


@st.composite
def questions(draw: st.DrawFn) -> AccessFacts:
    """Any facts, half of them steered towards access so that it is given often enough."""
    facts = AccessFacts(
        "school_performance",
        draw(SERVICES),
        PersonFacts("ada", draw(MAYBE)),
        draw(ORGANISATIONS),
        draw(MEMBERSHIPS),
        draw(GRANTS),
    )
    if draw(st.booleans()):
        return facts
    early = NOW - timedelta(hours=200)
    offered = [
        group.code
        for group in SCHOOL_PERFORMANCE.offered_to(
            facts.organisation.kind, facts.organisation.listed_as
        )
    ]
    code = draw(st.sampled_from(offered or ["Old"]))
    return replace(
        facts,
        person=PersonFacts("ada", early),
        organisation=replace(facts.organisation, active=True, closed_at=None),
        memberships=(
            *(row for row in facts.memberships if row.id != 7),
            MembershipFacts(7, facts.organisation.public_id, early, early),
        ),
        grants=(
            *facts.grants,
            GrantFacts(7, "school_performance", code, early, draw(MAYBE)),
        ),
    )


def in_force(facts: AccessFacts, at: datetime) -> set[str]:
    """User groups that any grant of the person names, here and at this moment."""
    here = {row.id for row in facts.memberships if row.organisation == facts.organisation.public_id}
    return {
        row.user_group
        for row in facts.grants
        if row.membership in here
        and row.service == facts.service_code
        and row.valid_from <= at
        and (row.valid_to is None or at < row.valid_to)
    }


@settings(max_examples=400)
@given(questions(), HOURS)
def test_capabilities_never_exceed_the_user_groups_in_force(
    facts: AccessFacts, at: datetime
) -> None:
    decision = evaluation.evaluate(facts, at)
    assert isinstance(facts.service, ServiceDefinition)
    allowed = {
        code
        for group in facts.service.groups
        if group.code in in_force(facts, at)
        for code in group.capabilities
    }
    assert decision.capabilities <= allowed


@settings(max_examples=400)
@given(questions(), HOURS)
def test_schools_outside_the_remit_are_not_opened(facts: AccessFacts, at: datetime) -> None:
    decision = evaluation.evaluate(facts, at)
    if decision.remit is None:
        assert not decision.allowed
        return
    scopes = {group.schools for group in decision.user_groups}
    assert scopes == {decision.remit.scope}
    if decision.remit.scope in {"own", "remit"}:
        assert decision.remit.key == facts.organisation.key
    if decision.remit.scope == "remit":
        assert decision.remit.kind == facts.organisation.kind
    if decision.remit.scope == "all":
        assert facts.organisation.listed_as
    if decision.environment == "training":
        assert decision.remit.scope == "training"


@settings(max_examples=400)
@given(questions(), HOURS)
def test_access_is_refused_before_the_beginning_and_after_the_end(
    facts: AccessFacts, at: datetime
) -> None:
    decision = evaluation.evaluate(facts, at)
    assert {group.code for group in decision.user_groups} <= in_force(facts, at)
    for grant in decision.grants:
        assert grant.valid_from <= at
        assert grant.valid_to is None or at < grant.valid_to
    if decision.allowed:
        spells = [
            row
            for row in facts.memberships
            if row.organisation == facts.organisation.public_id
            and row.valid_from <= at
            and (row.valid_to is None or at < row.valid_to)
        ]
        assert spells


@settings(max_examples=400)
@given(questions(), HOURS, MEMBERSHIPS, GRANTS)
def test_decision_ignores_grants_of_other_organisations(
    facts: AccessFacts,
    at: datetime,
    memberships: tuple[MembershipFacts, ...],
    grants: tuple[GrantFacts, ...],
) -> None:
    elsewhere = tuple(
        replace(row, id=row.id + 100)
        for row in memberships
        if row.organisation != facts.organisation.public_id
    )
    there = {row.id for row in elsewhere}
    more = replace(
        facts,
        memberships=facts.memberships + elsewhere,
        grants=facts.grants
        + tuple(
            replace(row, membership=row.membership + 100)
            for row in grants
            if row.membership + 100 in there
        ),
    )
    assert evaluation.evaluate(more, at) == evaluation.evaluate(facts, at)


@settings(max_examples=400)
@given(questions(), HOURS)
def test_access_is_given_or_refused_with_a_reason(facts: AccessFacts, at: datetime) -> None:
    decision = evaluation.evaluate(facts, at)
    assert decision.allowed == (not decision.reasons)
    assert decision.allowed == bool(decision.user_groups)
    assert decision.allowed == (decision.remit is not None)


@settings(max_examples=200)
@given(questions(), st.lists(HOURS, min_size=2, max_size=2))
def test_decision_changes_only_at_a_moment_of_its_facts(
    question: AccessFacts, between: list[datetime]
) -> None:
    first, last = sorted(between)
    moments = [moment for moment in question.moments() if moment and first < moment <= last]
    if not moments:
        assert evaluation.evaluate(question, first) == evaluation.evaluate(question, last)
