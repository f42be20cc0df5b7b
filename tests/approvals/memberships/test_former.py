"""Pages about people who no longer belong to an organisation, and adding them again."""

from __future__ import annotations

import pytest
from flask import Flask

from app.actors import Actor
from app.database import db
from approvals.memberships import actions
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.walking import Walker

COMMAND = Actor.command("test")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def walker(app: Flask, school: Organisation) -> Walker:
    return browser(app, world.member(school, "ann@ashfield.example", approver=True))


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")


@pytest.mark.parametrize(
    "page", ["", "/access/school_performance", "/approver/make", "/invitation/resend"]
)
def test_pages_about_removed_person_say_that_they_were_removed(
    walker: Walker, school: Organisation, bob: Membership, page: str
) -> None:
    actions.remove_member(bob, actor=COMMAND)
    shown = walker.get(path(school, "users", bob.public_id) + page)
    assert shown.status == 200
    assert shown.heading == "Bob Byron"
    assert "does not belong to Ashfield School" in shown.text
    assert "Removed from the organisation" in shown.text


def test_page_of_former_person_of_another_organisation_is_not_found(
    walker: Walker, school: Organisation
) -> None:
    away = world.member(world.organisation("Birch School", urn="100002"), "cal@birch.example")
    actions.remove_member(away, actor=COMMAND)
    assert walker.get(path(school, "users", away.public_id)).status == 404


def test_removed_person_is_added_again_with_name_filled_in_and_user_group_chosen_anew(
    walker: Walker, school: Organisation, bob: Membership
) -> None:
    page = walker.get(path(school, "users", bob.public_id, "remove")).submit()
    page = walker.get(page.link("add them again"))
    assert 'value="bob@ashfield.example"' in page.html
    assert 'value="Bob"' in page.html
    assert "checked" not in page.html
    page = page.submit(group_school_performance="School_Anon")
    assert page.heading == "Check what you have entered"
    assert "Bob Byron" in page.text
    assert "School Anon" in page.text
    assert page.submit().heading == "Invitation sent"


def test_former_page_leads_to_present_membership(
    walker: Walker, school: Organisation, bob: Membership
) -> None:
    actions.remove_member(bob, actor=COMMAND)
    present = world.invited(school, "bob@ashfield.example", given_name="Bob")
    page = walker.get(path(school, "users", bob.public_id))
    assert "Add again" not in page.text
    assert walker.get(page.link("see their present page")).address.endswith(present.public_id)


def test_removed_page_does_not_call_leaving_a_removal(
    walker: Walker, app: Flask, school: Organisation, bob: Membership
) -> None:
    browser(app, bob).get(f"/account/leave/{school.public_id}").submit()
    page = walker.get(path(school, "users", bob.public_id, "removed"))
    assert page.heading == "Bob Byron"
    assert "Left the organisation" in page.text


def test_invitations_page_after_withdrawal_does_not_say_that_all_joined(
    walker: Walker, school: Organisation
) -> None:
    pat = world.invited(school, "pat@ashfield.example")
    page = walker.get(path(school, "users", pat.public_id, "invitation", "withdraw")).submit()
    assert "There are no open invitations." in page.text
    assert "has joined" not in page.text


def test_confirmation_of_invitation_leads_to_person_once_it_is_withdrawn(
    walker: Walker, school: Organisation
) -> None:
    page = walker.get(path(school, "users", "new"))
    page = page.submit(email="pat@ashfield.example", given_name="Pat", family_name="Plum").submit()
    assert page.heading == "Invitation sent"
    pat = db.session.query(Membership).filter_by(email="pat@ashfield.example").one()
    actions.withdraw_invitation(pat, actor=COMMAND)
    again = walker.get(page.address)
    assert again.heading == "Pat Plum"
    assert "The invitation was withdrawn" in again.text
