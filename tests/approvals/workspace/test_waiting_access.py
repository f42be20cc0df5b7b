"""The page on which a second approver decides about access that needs two people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import today
from app.database import db
from approvals.memberships.actions import change_user_group
from approvals.memberships.models import Membership
from approvals.memberships.waiting_access import waiting_access
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def department() -> Organisation:
    world.school()
    return db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()


@pytest.fixture
def ann(department: Organisation) -> Membership:
    return world.member(department, "ann@dfe.example", approver=True, given_name="Ann")


@pytest.fixture
def bob(department: Organisation, ann: Membership) -> Membership:
    person = world.member(department, "bob@dfe.example", given_name="Bob")
    change_user_group(
        person,
        service=SERVICE,
        user_groups=["DfE_Named"],
        last_day=today() + timedelta(days=300),
        actor=world.acting(ann),
    )
    return person


def test_add_form_asks_for_the_end_of_access_to_names_of_all_schools(
    app: Flask, department: Organisation, ann: Membership
) -> None:
    page = browser(app, ann).get(path(department, "users", "new"))
    page = page.submit(
        email="new@dfe.example",
        given_name="New",
        family_name="Person",
        group_school_performance="DfE_Named",
    )
    assert page.text.count("choose a last day within 12 months") >= 2
    assert 'href="#day"' in page.html


def address(department: Organisation, bob: Membership) -> str:
    [found] = waiting_access(department, bob)
    return f"/waiting-access/{found.decision.public_id}"


def test_person_page_leads_to_what_waits_and_another_approver_agrees(
    app: Flask, department: Organisation, bob: Membership
) -> None:
    pat = browser(app, world.member(department, "pat@dfe.example", approver=True))
    page = pat.get(path(department, "users", bob.public_id))
    assert "DFE Named of School Performance, given by Ann Byron, waits" in page.text
    page = pat.get(page.link("See what waits, and decide"))
    assert "see pupil names" in page.text
    assert "Bob Byron has DFE Named of School Performance." in page.submit().text
    assert world.held(bob) == ["DfE_Named"]
    assert pat.get(page.address).status == 404


def test_waiting_access_page_shows_the_giver_that_somebody_else_decides(
    app: Flask, department: Organisation, ann: Membership, bob: Membership
) -> None:
    theirs = browser(app, ann)
    page = theirs.get(address(department, bob))
    assert "Somebody else has to agree" in page.text
    assert "Agree to the access" not in page.text
    forged = theirs.post(page.address, {"csrf_token": _token(page.html)})
    assert "You cannot approve access that you gave" in forged.text
    assert world.held(bob) == []
    page = theirs.get(page.link("Take back the access"))
    assert "Enter the reason" in page.submit().text
    assert "does not get DFE Named" in page.submit(reason="A mistake.").text


def test_waiting_access_page_is_for_the_deciders_of_the_organisation_only(
    app: Flask, department: Organisation, bob: Membership
) -> None:
    where = address(department, bob)
    school = world.organisation("Oak School", urn="990009")
    others = [
        bob,
        world.member(department, "plain@dfe.example"),
        world.member(school, "oak@oak.example", approver=True),
    ]
    for other in others:
        assert browser(app, other).get(where).status == 404
        assert browser(app, other).get(f"{where}/refuse").status == 404
    olive = browser(app, world.operator())
    assert "It starts when you agree." in olive.get(where).text
    page = olive.get(olive.get(where).link("Refuse the access"))
    assert "does not get" in page.submit(reason="Not needed.").text
    assert world.held(bob) == []


def test_access_page_says_that_the_change_waits(
    app: Flask, department: Organisation, ann: Membership
) -> None:
    eve = world.member(department, "eve@dfe.example", given_name="Eve")
    theirs = browser(app, ann)
    page = theirs.get(path(department, "users", eve.public_id))
    page = theirs.get(page.link("Give access to School Performance"))
    page = page.submit(groups="DfE_Named")
    assert "always ends: choose a last day" in page.text
    end = today() + timedelta(days=100)
    page = page.submit(
        groups="DfE_Named", day=str(end.day), month=str(end.month), year=str(end.year)
    )
    assert "DFE Named needs two people" in page.text
    assert "waits for a second approver" in page.submit().text
    assert world.held(eve) == []


def _token(page: str) -> str:
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"', maxsplit=1)[0]
