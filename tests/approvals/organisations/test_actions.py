"""Bodies that are added by hand, and what holds for every kind."""

import pytest
from flask import Flask

from app.refusal import RefusalError
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import KINDS, Kind
from approvals.organisations.synthetic.county import CATHOLIC


def test_kinds_all_have_a_category(app: Flask) -> None:
    assert set(KINDS) == set(Kind)


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
def test_add_organisation_refuses_with_a_sentence(
    app: Flask, kind: Kind, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(RefusalError, match=sentence):
        add_organisation(
            kind,
            "A body",
            diocese_code=given.get("diocese_code"),
            ukprn=given.get("ukprn"),
        )


def test_add_organisation_refuses_a_second_body_of_a_name(app: Flask) -> None:
    first = add_organisation(Kind.DIOCESE, "Diocese of Marl", diocese_code="rc91")
    assert first.diocese_code == CATHOLIC
    found = queries.by_identifier(f"diocese:{CATHOLIC}")
    assert found is not None
    assert found.id == first.id
    with pytest.raises(RefusalError, match="there already"):
        add_organisation(Kind.DIOCESE, "Another name", diocese_code=CATHOLIC)
    add_organisation(Kind.DEPARTMENT, "Department for Tests")
    with pytest.raises(RefusalError, match="there already"):
        add_organisation(Kind.DEPARTMENT, "department  for tests")
