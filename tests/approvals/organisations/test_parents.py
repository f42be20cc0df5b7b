"""The bodies above a school, by its type and by the links of a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.clock import now, today
from app.database import db
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from approvals.organisations.parents import (
    PARENTS_OF_TYPE,
    children_of,
    parents_of,
)
from approvals.organisations.register.codes import ESTABLISHMENT_TYPES
from approvals.organisations.synthetic import World
from approvals.organisations.synthetic.county import SNAPSHOTS
from tests.approvals import world
from tests.approvals.organisations.templates import postgresql_template, sqlite_template

__all__ = ["postgresql_template", "sqlite_template"]
pytestmark = pytest.mark.usefixtures("app")


def names(organisation: Organisation, at: date | None = None) -> list[str]:
    return [each.name for each in parents_of(organisation, at or today())]


def children(body: Organisation) -> list[Organisation]:
    return list(db.session.scalars(children_of(body, now())))


@pytest.fixture
def bodies() -> dict[str, Organisation]:
    trust = Kind.MULTI_ACADEMY_TRUST
    return {
        "trust": world.organisation("Elm Trust", kind=trust, uid="9001"),
        "authority": world.organisation("Elmshire", kind=Kind.LOCAL_AUTHORITY, la_code="777"),
        "diocese": world.organisation("Elm Diocese", kind=Kind.DIOCESE, diocese_code="XX77"),
    }


@pytest.mark.parametrize(
    ("type_code", "expected"),
    [
        ("01", ["Elmshire"]),
        ("02", ["Elmshire", "Elm Diocese"]),
        ("03", ["Elmshire"]),
        ("14", ["Elmshire"]),
        ("34", ["Elm Trust"]),
        ("57", ["Elm Trust"]),
        ("06", []),
        ("11", []),
        (None, []),
    ],
)
def test_parents_of_a_school_follow_its_type(
    bodies: dict[str, Organisation], type_code: str | None, expected: list[str]
) -> None:
    school = world.organisation(
        "Elm School",
        urn="990001",
        type_code=type_code,
        la_code="777",
        diocese_code="XX77",
        trust=bodies["trust"],
    )
    assert names(school) == expected
    for body in bodies.values():
        is_child = body.name in expected
        assert (school in children(body)) == is_child


def test_parents_of_a_school_that_left_its_trust_are_none(bodies: dict[str, Organisation]) -> None:
    school = world.organisation("Elm", urn="990001", type_code="34", trust=bodies["trust"])
    world.leave_trust(school, today())
    assert names(school) == []
    assert names(school, today() - timedelta(days=1)) == ["Elm Trust"]


def test_parents_of_a_school_leave_out_a_closed_body(bodies: dict[str, Organisation]) -> None:
    school = world.organisation("Elm School", urn="990001", type_code="01", la_code="777")
    world.close(bodies["authority"])
    assert names(school) == []
    assert children(bodies["authority"]) == []


def test_parents_of_a_closed_school_are_none(bodies: dict[str, Organisation]) -> None:
    school = world.organisation(
        "Elm School", urn="990001", type_code="01", la_code="777", closed_on=today()
    )
    assert names(school) == []
    assert children(bodies["authority"]) == []


def test_parents_of_bodies_are_none(bodies: dict[str, Organisation]) -> None:
    assert [names(body) for body in bodies.values()] == [[], [], []]


def test_parent_types_are_types_of_the_register() -> None:
    assert set(PARENTS_OF_TYPE) <= set(ESTABLISHMENT_TYPES)


@pytest.mark.parametrize("day", [SNAPSHOTS[0], SNAPSHOTS[-1]])
def test_children_are_the_schools_whose_parent_is_the_body(county_world: World, day: date) -> None:
    everything = db.session.scalars(select(Organisation)).all()
    upwards = {(body.id, school.id) for school in everything for body in parents_of(school, day)}
    downwards = {
        (body.id, school.id)
        for body in everything
        if not body.is_school
        for school in db.session.scalars(children_of(body, day))
    }
    assert upwards == downwards
    kinds = {db.session.get_one(Organisation, body).kind for body, _ in upwards}
    assert kinds >= {Kind.MULTI_ACADEMY_TRUST, Kind.LOCAL_AUTHORITY}
