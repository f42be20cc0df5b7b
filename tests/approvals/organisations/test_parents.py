"""The bodies above a school, by its type and by the links of a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.clock import today
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from approvals.organisations.parents import (
    PARENTS_OF_TYPE,
    parents_of,
)
from approvals.organisations.register.codes import ESTABLISHMENT_TYPES
from tests.approvals import world

pytestmark = pytest.mark.usefixtures("app")


def names(organisation: Organisation, at: date | None = None) -> list[str]:
    return [each.name for each in parents_of(organisation, at or today())]


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


def test_parents_of_a_school_that_left_its_trust_are_none(bodies: dict[str, Organisation]) -> None:
    school = world.organisation("Elm", urn="990001", type_code="34", trust=bodies["trust"])
    world.leave_trust(school, today())
    assert names(school) == []
    assert names(school, today() - timedelta(days=1)) == ["Elm Trust"]


def test_parents_of_a_school_leave_out_a_closed_body(bodies: dict[str, Organisation]) -> None:
    school = world.organisation("Elm School", urn="990001", type_code="01", la_code="777")
    world.close(bodies["authority"])
    assert names(school) == []


def test_parents_of_a_closed_school_are_none(bodies: dict[str, Organisation]) -> None:
    school = world.organisation(
        "Elm School", urn="990001", type_code="01", la_code="777", closed_on=today()
    )
    assert names(school) == []


def test_parents_of_bodies_are_none(bodies: dict[str, Organisation]) -> None:
    assert [names(body) for body in bodies.values()] == [[], [], []]


def test_parent_types_are_types_of_the_register() -> None:
    assert set(PARENTS_OF_TYPE) <= set(ESTABLISHMENT_TYPES)
