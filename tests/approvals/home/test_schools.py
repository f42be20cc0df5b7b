"""The list of schools that a person can see in a service."""

from __future__ import annotations

import pytest
from flask import Flask

from app.clock import now
from approvals.home import schools
from approvals.memberships.actions import remove_member
from approvals.organisations.kinds import Kind
from approvals.remits.remit import remit_of
from tests.approvals import world
from tests.approvals.world import SERVICE, browser


def test_schools_page_lists_the_school_of_its_own_people(app: Flask) -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    walker = browser(app, bob)
    page = walker.get(f"/services/{SERVICE}")
    page = walker.get(page.link("See the list of schools for Ashfield School"))
    assert page.heading == "Schools that you can see in School Performance"
    assert "For Ashfield School: 1 school." in page.text
    assert "100001" in page.text


def test_schools_page_lists_the_remit_that_tokens_name_in_pages(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schools, "SCHOOLS_A_PAGE", 2)
    monkeypatch.setattr("approvals.home.queries.SCHOOLS_A_PAGE", 2)
    for number in range(5):
        world.school(f"School {number}", f"10001{number}", la_code="941")
    council = world.organisation("Elm Council", kind=Kind.LOCAL_AUTHORITY, la_code="941")
    cat = world.member(council, "cat@elm.example", "LA_Named")
    remit = remit_of(council, "remit", now())
    walker = browser(app, cat)
    page = walker.get(f"/services/{SERVICE}/schools/{council.public_id}")
    seen = page.text
    while "More schools" in page.text:
        page = walker.get(page.link("More schools"))
        seen += page.text
    assert [school.urn for school in remit.schools if school.urn not in seen] == []
    assert f"{remit.count:,} school" in seen


def test_schools_page_is_hidden_without_access_to_the_service(app: Flask) -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    eve = world.member(school, "eve@ashfield.example")
    address = f"/services/{SERVICE}/schools/{school.public_id}"
    assert browser(app, eve).get(address).status == 404
    walker = browser(app, bob)
    assert walker.get(address).status == 200
    assert walker.get(f"/services/unknown/schools/{school.public_id}").status == 404
    world.member(world.school("Brook School", "100002"), "bob@ashfield.example")
    remove_member(bob, actor=world.COMMAND)
    assert walker.get(address).status == 404
