"""The schools of a trust or an authority, and the approvers proposed for them."""

from __future__ import annotations

import pytest
from flask import Flask

from approvals.memberships import facts
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.sent import statements

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def authority() -> Organisation:
    return world.organisation("Elmshire", kind=Kind.LOCAL_AUTHORITY, la_code="777")


@pytest.fixture
def maintained(authority: Organisation) -> Organisation:
    return world.organisation("Elm School", urn="990001", type_code="01", la_code="777")


@pytest.fixture
def academy(authority: Organisation) -> Organisation:
    return world.organisation("Oak Academy", urn="990002", type_code="34", la_code="777")


def test_schools_page_lists_the_remit_with_basis_and_approvers(
    app: Flask, authority: Organisation, maintained: Organisation, academy: Organisation
) -> None:
    world.member(maintained, "ann@elm.example", approver=True)
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    page = tess.get(tess.get(path(authority)).link("Schools"))
    assert "Elmshire has 2 open schools" in page.text
    assert "Elm School 990001 Maintained by the authority 1 Propose an approver" in page.text
    assert "Oak Academy 990002 In the authority’s area, not maintained by it None" in page.text
    assert "Propose an approver for Oak Academy" not in page.text
    found = tess.get(f"{path(authority)}/schools?q=oak")
    assert ("Oak Academy" in found.text, "Elm School" in found.text) == (True, False)
    assert "Elm School" in tess.get(f"{path(authority)}/schools?q=990001").text
    assert "No school matches." in tess.get(f"{path(authority)}/schools?q=%25").text


def test_schools_page_exists_for_bodies_with_schools_only(
    app: Flask, maintained: Organisation
) -> None:
    department = world.organisation("Department", kind=Kind.DEPARTMENT)
    for place in (maintained, department):
        approver = browser(app, world.member(place, "pat@elm.example", approver=True))
        assert approver.get(f"{path(place)}/schools").status == 404
        assert ">Schools<" not in approver.get(path(place)).html


def test_propose_page_invites_the_approver_of_a_maintained_school(
    app: Flask, authority: Organisation, maintained: Organisation
) -> None:
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    page = tess.get(f"{path(authority)}/schools")
    page = tess.get(page.link("Propose an approver for Elm School"))
    assert "Elm School has no approver." in page.text
    assert "Enter an email address" in page.submit().text
    page = page.submit(email="ann@elm.example", given_name="Ann", family_name="Dean")
    page = tess.get(page.link("Change name"))
    check = page.submit(email="ann@elm.example", given_name="Anne", family_name="Dean")
    page = check.submit()
    assert page.heading == "Approver proposed"
    assert check.submit().address == page.address, "pressed twice, it is done once"
    ann = facts.open_membership(maintained.id, EmailAddress.parse("ann@elm.example"))
    assert ann is not None
    assert world.approves(ann)
    assert len(world.mails("accounts/invitation")) == 2


def test_propose_page_is_the_same_for_a_member_who_has_to_accept(
    app: Flask, authority: Organisation, maintained: Organisation
) -> None:
    bob = world.member(maintained, "bob@elm.example", given_name="Robert")
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    page = tess.get(f"{path(authority)}/schools/{maintained.public_id}/approver")
    page = page.submit(email=bob.email, given_name="Bob", family_name="Dean")
    assert "Robert" not in page.text
    assert page.submit().heading == "Approver proposed"
    assert not world.approves(bob)
    theirs = browser(app, bob)
    page = theirs.get(theirs.get("/home").link("Accept or decline for Elm School"))
    page = page.submit(button="accept")
    assert "You are now an approver for Elm School." in page.text
    assert world.approves(bob)
    assert theirs.get(f"/account/approver/{maintained.public_id}").address == "/home"


def test_offer_page_declines(app: Flask, authority: Organisation, maintained: Organisation) -> None:
    bob = world.member(maintained, "bob@elm.example")
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    page = tess.get(f"{path(authority)}/schools/{maintained.public_id}/approver")
    page.submit(email=bob.email, given_name="Bob", family_name="").submit()
    page = browser(app, bob).get(f"/account/approver/{maintained.public_id}")
    assert "You did not become an approver" in page.submit(button="decline").text
    assert not world.approves(bob)


def test_ID_propose_pages_are_hidden_for_schools_of_others(
    app: Flask, authority: Organisation, maintained: Organisation, academy: Organisation
) -> None:
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    page = tess.get(f"{path(authority)}/schools/{maintained.public_id}/approver")
    check = page.submit(email="ann@elm.example", given_name="Ann", family_name="Dean")
    for school in (academy, authority):
        other = f"{path(authority)}/schools/{school.public_id}/approver"
        assert tess.get(other).status == 404
        moved = check.address.replace(maintained.public_id, school.public_id)
        assert tess.get(moved).status == 404
    own = browser(app, world.member(maintained, "pat@elm.example", approver=True))
    assert own.get(check.address).status == 404
    member = browser(app, world.member(authority, "ted@elm.example"))
    assert member.get(check.address).status == 404
    world.close(authority)
    assert check.submit().status == 404
    assert facts.open_membership(maintained.id, EmailAddress.parse("ann@elm.example")) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_schools_page_takes_the_same_statements_for_any_number(
    app: Flask, authority: Organisation
) -> None:
    tess = browser(app, world.member(authority, "tess@elm.example", approver=True))
    counts = []
    for first, last in ((0, 2), (2, 20)):
        for number in range(first, last):
            world.organisation(f"S{number}", urn=f"98{number:04}", type_code="01", la_code="777")
        tess.get(f"{path(authority)}/schools")
        with statements() as run:
            tess.get(f"{path(authority)}/schools")
        counts.append(len(run))
    assert counts[0] == counts[1]
