"""Finding organisations, and the shape in which relying services get them."""

from datetime import date

import pytest
from flask import Flask

from approvals.organisations import queries
from approvals.organisations.actions import CannotAdd, add_organisation
from approvals.organisations.dfe import dfe_organisation
from approvals.organisations.kinds import KINDS, Kind
from approvals.organisations.made_up import World
from approvals.organisations.made_up.county import CATHOLIC, LEARNING, MARLSHIRE, SNAPSHOTS

TODAY = SNAPSHOTS[-1]


def test_organisations_are_found_by_name_and_by_identifier(
    loaded: object, county_world: World
) -> None:
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


def test_a_search_can_be_narrowed_to_kinds_and_to_the_open(
    loaded: object, county_world: World
) -> None:
    trusts = queries.search("trust", kinds=[Kind.MULTI_ACADEMY_TRUST])
    assert len(trusts) == 3
    closed = next(school for school in county_world.schools if school.closed == date(2019, 1, 1))
    assert queries.search(closed.urn, open_on=date(2018, 12, 31))
    assert not queries.search(closed.urn, open_on=date(2019, 1, 1))
    assert queries.search_count("", open_on=TODAY) < queries.search_count("")


def test_predecessors_and_successors_are_followed_and_loops_end(
    loaded: object, county_world: World
) -> None:
    assert queries.successors("900001") == ["900117"]
    assert queries.predecessors("900117") == ["900001"]
    assert queries.predecessors("900119") == ["900003", "900004"]
    assert queries.successors("900006") == ["900007"]
    assert queries.predecessors("900006") == ["900007"]


def test_a_school_has_the_shape_of_dfe_sign_in(loaded: object, county_world: World) -> None:
    school = next(
        each for each in county_world.schools if each.type_code == "02" and each.is_open_on(TODAY)
    )
    organisation = queries.by_urn(school.urn)
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
    assert claim["phaseOfEducation"]["id"] == int(school.phase)
    assert claim["statutoryLowAge"] == school.ages[0]
    assert claim["establishmentNumber"] == school.number


def test_a_closed_school_says_when(loaded: object, county_world: World) -> None:
    school = next(each for each in county_world.schools if each.closed == date(2019, 1, 1))
    organisation = queries.by_urn(school.urn)
    assert organisation is not None
    claim = dfe_organisation(organisation, TODAY)
    assert (claim["status"]["id"], claim["closedOn"]) == (2, "2019-01-01")
    before = dfe_organisation(organisation, date(2018, 12, 31))
    assert (before["status"]["id"], before["closedOn"]) == (1, None)


def test_the_number_of_an_authority_is_its_code(loaded: object) -> None:
    authority = queries.by_la_code(MARLSHIRE)
    assert authority is not None
    claim = dfe_organisation(authority, TODAY)
    assert claim["category"] == {"id": "002", "name": "Local Authority"}
    assert claim["establishmentNumber"] == MARLSHIRE
    assert claim["type"] is None


def test_every_kind_has_a_category(app: Flask) -> None:
    assert set(KINDS) == set(Kind)
    ours = {kind for kind, facts in KINDS.items() if facts.category_is_ours}
    assert ours == {Kind.DIOCESE, Kind.DEPARTMENT, Kind.INSPECTORATE, Kind.SERVICE_TEAM}


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (Kind.ESTABLISHMENT, {}, "come from the register"),
        (Kind.DIOCESE, {}, "has a diocese code"),
        (Kind.DIOCESE, {"diocese_code": "X"}, "not a diocese code"),
        (Kind.DEPARTMENT, {"diocese_code": "CE23"}, "no other body"),
        (Kind.TRAINING_PROVIDER, {"ukprn": "123"}, "eight digits"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(
    app: Flask, kind: Kind, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CannotAdd, match=sentence):
        add_organisation(
            kind,
            "A body",
            diocese_code=given.get("diocese_code"),
            ukprn=given.get("ukprn"),
        )


def test_a_body_is_added_once(app: Flask) -> None:
    first = add_organisation(Kind.DIOCESE, "Diocese of Marl", diocese_code="rc91")
    assert first.diocese_code == CATHOLIC
    found = queries.by_diocese_code(CATHOLIC)
    assert found is not None
    assert found.id == first.id
    with pytest.raises(CannotAdd, match="there already"):
        add_organisation(Kind.DIOCESE, "Another name", diocese_code=CATHOLIC)
    add_organisation(Kind.DEPARTMENT, "Department for Tests")
    with pytest.raises(CannotAdd, match="there already"):
        add_organisation(Kind.DEPARTMENT, "department  for tests")


def test_the_name_of_a_diocese_is_known_from_the_files(loaded: object) -> None:
    assert queries.diocese_name(CATHOLIC) == "Diocese of Selwick and Marl"
    assert queries.diocese_name("CE99") is None
