"""Searches of organisations by words of their names."""

import pytest
from flask import Flask

from app.clock import today
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.models import SEARCH_LENGTH
from tests.approvals import world


@pytest.mark.parametrize(
    "search", ["St Mary's", "st marys", "ST. MARY’S", "marys and peters", "Saints’ Mary's & Peter"]
)
def test_search_finds_a_name_however_its_marks_are_typed(app: Flask, search: str) -> None:
    school = world.organisation("St. Mary’s & St Peter's Saints", urn="100001")
    assert queries.search(search) == [school]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ashfeild", ["Ashfield School"]),
        ("ashfield shool", ["Ashfield School"]),
        ("brok", ["Brook School"]),
        ("brooke", ["Brook School"]),
        ("schol", ["Ashfield School", "Brook School"]),
        ("hospital", []),
    ],
)
def test_similar_search_finds_a_name_with_slips(app: Flask, search: str, found: list[str]) -> None:
    for name, urn in (("Ashfield School", "100001"), ("Brook School", "100002")):
        world.organisation(name, urn=urn)
    assert not queries.search(search)
    assert [each.name for each in queries.search_similar(search)] == found


def test_similar_search_filters_kinds_and_open_organisations(app: Flask) -> None:
    school = world.organisation("Brook School", urn="100001", closed_on=today())
    assert queries.search_similar("brooke") == [school]
    assert not queries.search_similar("brooke", kinds=[Kind.LOCAL_AUTHORITY])
    assert not queries.search_similar("brooke", open_on=today())


def test_name_of_compatible_letters_is_kept_within_its_column(app: Flask) -> None:
    name = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100
    made = add_organisation(Kind.DEPARTMENT, name)
    assert len(made.search_name) == SEARCH_LENGTH
    assert made in queries.search(name[:1])
