"""The schools that user groups open: on the choice of a group, on the person, and as a list."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import writing
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, OrganisationPeriod, TrustLink
from approvals.remits.basis import with_basis
from approvals.remits.remit import remit_of
from tests.approvals import world
from tests.approvals.access_requests.asking import file
from tests.approvals.world import SERVICE, browser, path
from tests.sent import statements

pytestmark = pytest.mark.usefixtures("app")
LISTED = "/user-groups/schools?scope={}"


@pytest.fixture
def trust() -> Organisation:
    world.school("Ash School", "100001")
    return world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")


@pytest.fixture
def tess(trust: Organisation) -> Membership:
    return world.member(trust, "tess@elm.example", approver=True, given_name="Tess")


def fill(where: Organisation, first: int, last: int) -> None:
    """Add schools to a trust or an authority."""
    in_trust = where.kind == Kind.MULTI_ACADEMY_TRUST
    for number in range(first, last):
        world.organisation(
            f"School {number:03}",
            urn=f"98{number:04}",
            type_code="01",
            la_code=where.la_code,
            trust=where if in_trust else None,
        )


def since(where: Organisation, urn: str) -> date | None:
    remit = remit_of(where, "remit", now())
    found = remit.school(urn)
    assert found is not None
    return with_basis(remit, [found])[0].since


def test_basis_of_a_trusts_school_begins_with_its_link(trust: Organisation) -> None:
    fill(trust, 1, 3)
    with writing() as session:
        session.execute(
            update(TrustLink)
            .where(
                TrustLink.organisation_id
                == session.query(Organisation.id).filter_by(urn="980001").scalar_subquery()
            )
            .values(valid_from=date(2019, 9, 1))
        )
    assert since(trust, "980001") == date(2019, 9, 1)
    assert since(trust, "980002") is None


def test_basis_of_an_authoritys_school_begins_after_its_last_gap() -> None:
    council = world.organisation("Elmshire", kind=Kind.LOCAL_AUTHORITY, la_code="777")
    fill(council, 1, 2)
    days = [date(2015, 4, 1), date(2018, 4, 1), date(2020, 4, 1)]
    with writing() as session:
        whole = session.query(OrganisationPeriod).one()
        ends = whole.valid_to
        for begins, until, code in zip(days, [*days[1:], ends], ["777", "999", "777"], strict=True):
            session.add(
                OrganisationPeriod(
                    organisation_id=whole.organisation_id,
                    valid_from=begins,
                    valid_to=until,
                    open=True,
                    name=whole.name,
                    type_code="01",
                    la_code=code,
                )
            )
        whole.valid_to = days[0]
    assert since(council, "980001") == date(2020, 4, 1)


def test_person_page_names_the_first_schools_and_links_to_the_list(
    app: Flask, trust: Organisation, tess: Membership
) -> None:
    fill(trust, 0, 60)
    person = world.member(trust, "nia@elm.example", "MAT_Named")
    walker = browser(app, tess)
    page = walker.get(path(trust, "users", person.public_id))
    assert "Schools 60 schools, such as School 000, School 001 and School 002" in page.text
    page = walker.get(page.link("See the list of the schools in School Performance"))
    assert "MAT Anon" in page.text
    assert "60 schools today" in page.text
    assert "1 to 25 of 60 schools" in page.text
    assert "School 000 980000 In the trust The first file of the register" in page.text
    last = walker.get(f"{page.address}&page=3")
    assert "51 to 60 of 60 schools" in last.text
    assert "1 school School" in walker.get(f"{page.address}&q=980042").text
    assert "No school matches." in walker.get(f"{page.address}&q=nowhere").text


def test_choice_of_a_user_group_names_the_schools(
    app: Flask, trust: Organisation, tess: Membership
) -> None:
    fill(trust, 0, 2)
    person = world.member(trust, "nia@elm.example", "MAT_Named")
    walker = browser(app, tess)
    for address in (
        path(trust, "users", "new"),
        path(trust, "users", person.public_id, "access", SERVICE),
    ):
        page = walker.get(address)
        assert "Schools: 2 schools: School 000 and School 001." in page.text
        assert walker.get(page.link("See the list: 2 schools (opens in a new tab)")).status == 200


def test_request_pages_name_the_schools(app: Flask, trust: Organisation, tess: Membership) -> None:
    fill(trust, 0, 1)
    nina = world.account("nina@home.example", "Nina", "New")
    form = browser(app, nina).get(f"/requests/new?organisation={trust.public_id}")
    assert "Schools: 1 school: School 000." in form.text
    filed = file(nina, trust, "MAT_Named")
    page = browser(app, tess).get(path(trust, "requests", filed.public_id))
    assert "Schools: 1 school: School 000." in page.text
    assert "See the list: 1 school" in page.text


def test_list_exists_for_scopes_of_the_organisation_only(
    app: Flask, trust: Organisation, tess: Membership
) -> None:
    walker = browser(app, tess)
    for scope in ("own", "all", "training", "everything"):
        assert walker.get(path(trust) + LISTED.format(scope)).status == 404
    for scope in ("remit", ""):
        page = walker.get(path(trust) + LISTED.format(scope))
        assert "The register has no open school" in page.text
    school = world.school("Oak School", "100002")
    ann = browser(app, world.member(school, "ann@oak.example", approver=True))
    page = ann.get(path(school) + LISTED.format("own"))
    assert "Oak School 100002 The school itself" in page.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", [LISTED.format("remit"), "/users/new", "/users/{}"])
def test_pages_take_the_same_statements_for_six_hundred_schools(app: Flask, part: str) -> None:
    world.school("Ash School", "100001")
    council = world.organisation("Elmshire", kind=Kind.LOCAL_AUTHORITY, la_code="777")
    person = world.member(council, "ros@elm.example", "LA_Named")
    walker = browser(app, world.member(council, "quin@elm.example", approver=True))
    address = path(council) + part.format(person.public_id)
    counts = []
    for first, last in ((0, 5), (5, 600)):
        fill(council, first, last)
        walker.get(address)
        with statements() as run:
            assert walker.get(address).status == 200
        counts.append(len(run))
    assert counts[0] == counts[1]
