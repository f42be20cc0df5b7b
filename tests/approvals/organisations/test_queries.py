"""Finding organisations, and the shape in which relying services get them."""

from datetime import date

import pytest

from approvals.organisations import queries
from approvals.organisations.dfe import dfe_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.synthetic import World
from approvals.organisations.synthetic.county import CATHOLIC, LEARNING, MARLSHIRE, SNAPSHOTS
from tests.approvals.organisations.templates import postgresql_template, sqlite_template

__all__ = ["postgresql_template", "sqlite_template"]
pytestmark = pytest.mark.usefixtures("app")
TODAY = SNAPSHOTS[-1]


def test_search_finds_organisations_by_name_and_identifier(county_world: World) -> None:
    school = county_world.schools[9]
    name = school.name[-1].value
    words = " ".join(reversed(name.upper().split()))
    assert school.urn in {each.urn for each in queries.search(words)}
    assert [each.urn for each in queries.search(school.urn)] == [school.urn]
    assert [each.uid for each in queries.search(LEARNING)] == [LEARNING]
    (authority,) = queries.search(MARLSHIRE)
    assert authority.kind == Kind.LOCAL_AUTHORITY
    assert queries.search("%") == []
    assert queries.search_count("") > 120


def test_search_filters_kinds_and_open_organisations(county_world: World) -> None:
    trusts = queries.search("trust", kinds=[Kind.MULTI_ACADEMY_TRUST])
    assert len(trusts) == 3
    closed = next(school for school in county_world.schools if school.closed == date(2019, 1, 1))
    assert queries.search(closed.urn, open_on=date(2018, 12, 31))
    assert not queries.search(closed.urn, open_on=date(2019, 1, 1))
    assert queries.search_count("", open_on=TODAY) < queries.search_count("")


def test_predecessors_and_successors_follow_chains_and_end_loops(county_world: World) -> None:
    assert queries.successors("900001") == ["900117"]
    assert queries.predecessors("900117") == ["900001"]
    assert queries.predecessors("900119") == ["900003", "900004"]
    assert queries.successors("900006") == ["900007"]
    assert queries.predecessors("900006") == ["900007"]


def test_dfe_organisation_has_the_shape_of_dfe_sign_in(county_world: World) -> None:
    school = next(
        each for each in county_world.schools if each.type_code == "02" and each.is_open_on(TODAY)
    )
    organisation = queries.by_identifier(f"urn:{school.urn}")
    assert organisation is not None
    claim = dfe_organisation(organisation, TODAY)
    authority = queries.by_la_code(str(organisation.la_code))
    assert authority is not None
    assert list(claim)[:9] == [
        "id",
        "name",
        "LegalName",
        "category",
        "type",
        "urn",
        "uid",
        "upin",
        "ukprn",
    ]
    assert claim["id"] == organisation.public_id
    assert claim["category"] == {"id": "001", "name": "Establishment"}
    assert claim["type"] == {"id": "02", "name": "Voluntary aided school"}
    assert (claim["urn"], claim["uid"]) == (school.urn, None)
    assert claim["status"] == {"id": 1, "name": "Open", "tagColor": "green"}
    assert claim["localAuthority"] == {
        "id": authority.public_id,
        "name": authority.name,
        "code": authority.la_code,
    }
    assert identifier(claim["phaseOfEducation"]) == int(school.phase)
    assert claim["statutoryLowAge"] == school.ages[0]
    assert claim["establishmentNumber"] == school.number


def identifier(value: object) -> object:
    """Return the `id` of a coded member of the claim."""
    assert isinstance(value, dict)
    return value["id"]


def test_dfe_organisation_of_a_closed_school_has_its_closing_date(county_world: World) -> None:
    school = next(each for each in county_world.schools if each.closed == date(2019, 1, 1))
    organisation = queries.by_identifier(f"urn:{school.urn}")
    assert organisation is not None
    claim = dfe_organisation(organisation, TODAY)
    assert (identifier(claim["status"]), claim["closedOn"]) == (2, "2019-01-01")
    before = dfe_organisation(organisation, date(2018, 12, 31))
    assert (identifier(before["status"]), before["closedOn"]) == (1, None)


def test_dfe_organisation_of_an_authority_has_its_code_as_number() -> None:
    authority = queries.by_la_code(MARLSHIRE)
    assert authority is not None
    claim = dfe_organisation(authority, TODAY)
    assert claim["category"] == {"id": "002", "name": "Local Authority"}
    assert claim["establishmentNumber"] == MARLSHIRE
    assert claim["type"] is None


def test_diocese_name_is_read_from_the_files() -> None:
    assert queries.diocese_name(CATHOLIC) == "Diocese of Selwick and Marl"
    assert queries.diocese_name("CE99") is None
