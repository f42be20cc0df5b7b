"""The people who may decide about an organisation, nearest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import now, today
from approvals.memberships import facts
from approvals.memberships.deciders import LEVELS, Deciders
from approvals.memberships.rules import Authority
from approvals.organisations.kinds import Kind
from tests.approvals import world

people = st.frozensets(st.integers(1, 6), max_size=4)
deciders = st.builds(
    Deciders,
    approvers=people,
    operators=people,
    parents=st.dictionaries(st.integers(101, 103), people, max_size=2),
)


@given(deciders, people)
def test_nearest_is_the_first_level_with_somebody_who_is_not_excluded(
    found: Deciders, excluded: frozenset[int]
) -> None:
    level, who = found.nearest(without=excluded)
    assert not who & excluded
    assert bool(who) == (level is not Authority.NONE)
    before = LEVELS[: LEVELS.index(level)] if who else LEVELS
    assert not any(found.at_level(each, without=excluded) for each in before)


@given(deciders, st.integers(1, 7))
def test_authority_is_the_nearest_level_that_names_the_person(found: Deciders, one: int) -> None:
    authority = found.authority(one)
    grounds = [level for level in LEVELS if one in found.at_level(level)]
    assert authority is (grounds[0] if grounds else Authority.NONE)
    assert found.authority(one, up_to=Authority.APPROVER) in {Authority.APPROVER, Authority.NONE}


@pytest.mark.usefixtures("app")
def test_deciders_are_those_who_can_act_now() -> None:
    trust = world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")
    other = world.organisation("Oak Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9002")
    school = world.organisation("Elm School", urn="990001", type_code="34", trust=trust)
    ann = world.member(school, "ann@elm.example", approver=True)
    world.member(school, "bob@elm.example")
    world.invited(school, "invited@elm.example", approver=True)
    tess = world.member(trust, "tess@elm.example", approver=True)
    world.member(trust, "ted@elm.example")
    world.member(other, "oak@oak.example", approver=True)
    olive = world.operator()

    found = facts.deciders(school, now())

    assert found == Deciders(
        approvers=frozenset({world.who(ann).id}),
        operators=frozenset({olive.id}),
        parents={trust.id: frozenset({world.who(tess).id})},
    )
    world.leave_trust(school, today())
    assert facts.deciders(school, now()).parents == {}
