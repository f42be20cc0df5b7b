"""The approvers' pages, walked as a person without JavaScript does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation
from identity.credentials import totp
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Page, Walker


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def walker(app: Flask, ann: Membership) -> Walker:
    return browser(app, ann)


def answer_all(
    page: Page, email: str, given_name: str = "Bob", group: str = "School_Named"
) -> Page:
    """From the form to check answers."""
    return page.submit(
        email=email, given_name=given_name, family_name="Dean", group_school_performance=group
    )


def test_add_user_pages_add_a_user(app: Flask, walker: Walker, school: Organisation) -> None:
    page = walker.get(path(school))
    assert page.heading == "Ashfield School"
    page = walker.get(page.link("Add a user"))
    assert page.heading == "Add a user"
    assert "School Governor" in page.text
    assert "Schools: 1 school: Ashfield School." in page.text
    assert "LA Named" not in page.text
    assert "cannot see pupil names" in page.text.casefold()
    page = page.submit(
        email="bob@ashfield.example",
        given_name="Bob",
        family_name="Dean",
        group_school_performance="School_Anon",
        approver="y",
        day="31",
        month="8",
        year=str(now().year + 1),
    )
    assert page.heading == "Check what you have entered"
    assert "Approver Yes" in page.text
    assert f"31 August {now().year + 1}" in page.text
    page = page.submit()
    assert page.heading == "Invitation sent"
    page = walker.get(path(school, "users") + "?q=bob")
    assert "Bob Dean" in page.text
    assert "School Anon" in page.text
    assert "Invited" in page.text


def test_check_page_links_change_an_answer(walker: Walker, school: Organisation) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfield.example")
    page = walker.get(page.link("Change name"))
    assert 'value="Bob"' in page.html
    page = page.submit(given_name="Rob", group_school_performance="School_Named")
    assert page.heading == "Check what you have entered"
    assert "Rob Dean" in page.text
    assert page.link("Change access to School Performance").endswith("#group_school_performance")
    page = walker.get(page.link("Change access to School Performance"))
    page = page.submit(group_school_performance="none")
    assert page.heading == "Check what you have entered"
    assert "No access" in page.text
    assert "Access ends" not in page.text


def test_back_links_keep_the_answers(walker: Walker, school: Organisation) -> None:
    page = answer_all(
        walker.get(path(school, "users", "new")), "bob@ashfield.example", group="School_Anon"
    )
    page = walker.get(page.link("Back"))
    assert page.heading == "Add a user"
    assert 'value="Dean"' in page.html
    assert 'value="bob@ashfield.example"' in page.html
    assert re.search(r'value="School_Anon"\s+checked', page.html)


def test_add_user_page_out_of_order_redirects_to_the_first_open_question(
    walker: Walker, school: Organisation
) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfield.example")
    with writing() as session:
        journey = session.scalars(select(Journey)).one()
        journey.answers = {"email": "bob@ashfield.example"}
    page = walker.get(page.address)
    assert page.heading == "Add a user"
    assert 'value="bob@ashfield.example"' in page.html


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({"email": ""}, "Enter an email address"),
        ({"email": "bob"}, "Enter an email address in the correct format"),
    ],
)
def test_email_page_shows_the_error_at_the_field_and_keeps_the_input(
    walker: Walker, school: Organisation, entered: dict[str, Any], sentence: str
) -> None:
    page = walker.get(path(school, "users", "new")).submit(**entered)
    assert page.title.startswith("Error: ")
    assert "There is a problem" in page.text
    assert page.text.count(sentence) >= 2
    assert f'value="{entered["email"]}"' in page.html or not entered["email"]


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("1", "", "2030", "The end date must include a month"),
        ("31", "2", "2027", "The end date must be a real date"),
        ("1", "1", "2020", "The end date must be in the future"),
        ("1", "1", "2999", "The end date must be within 5 years"),
        ("¹", "1", "2027", "The end date must be a real date"),
    ],
)
def test_end_date_page_explains_an_unusable_date(
    walker: Walker, school: Organisation, day: str, month: str, year: str, sentence: str
) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfield.example")
    page = walker.get(page.link("Change end date"))
    page = page.submit(day=day, month=month, year=year, group_school_performance="School_Named")
    assert sentence in page.text


def test_email_page_links_to_a_colleague_who_is_a_member(
    walker: Walker, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    page = walker.get(path(school, "users", "new")).submit(email="BOB@ashfield.example")
    assert "already belongs to the organisation" in page.text
    assert bob.public_id in page.link("See Bob Byron")


def test_email_page_discloses_no_person_of_another_organisation(
    walker: Walker, school: Organisation
) -> None:
    """TX, ID-11: whether somebody has an account elsewhere shows nowhere."""
    elsewhere = world.school("Brook School", "100002")
    world.member(elsewhere, "eve@brook.example", given_name="Evelyn")
    known = answer_all(walker.get(path(school, "users", "new")), "eve@brook.example")
    unknown = answer_all(walker.get(path(school, "users", "new")), "new@brook.example")
    tidied = unknown.text.replace("new@brook.example", "eve@brook.example")
    assert known.text == tidied
    page = known.submit()
    assert page.heading == "Invitation sent"
    assert "Evelyn" not in page.text
    listed = walker.get(path(school, "users") + "?q=eve")
    assert "Evelyn" not in listed.text


def test_check_page_posted_twice_adds_once(walker: Walker, school: Organisation) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfield.example")
    first, second = page.submit(), page.submit()
    assert first.heading == second.heading == "Invitation sent"
    assert len(world.mails("accounts/invitation")) == 2  # Ann's own, and one to Bob


def test_check_page_explains_that_a_colleague_was_faster(
    walker: Walker, school: Organisation
) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfield.example")
    world.invited(school, "bob@ashfield.example")
    page = page.submit()
    assert page.heading == "Check what you have entered"
    assert "already been invited" in page.text


def test_change_access_page_shows_old_and_new_user_group(
    walker: Walker, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon", given_name="Bob")
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Change access to School Performance"))
    page = page.submit(groups="School_Named")
    assert page.heading == "Check the change for Bob Byron"
    assert "Now After the change User group School Anon School Named" in page.text
    assert "See pupil names No Yes" in page.text
    assert "Print reports and save them Yes Yes" in page.text
    done = page.submit()
    assert "Bob Byron has been told by email" in done.text
    assert world.held(bob) == ["School_Named"]
    again = page.submit()
    assert again.status == 200
    assert len(world.mails("memberships/user_group_changed")) == 1


def test_change_access_page_says_that_nothing_changes(walker: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    page = walker.get(path(school, "users", bob.public_id, "access", SERVICE))
    page = page.submit(groups="School_Anon").submit()
    assert "This is what the person has now." in page.text


def test_user_page_makes_and_stops_an_approver(walker: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Make approver")).submit()
    assert "Bob Byron is now an approver." in page.text
    page = walker.get(page.link("Stop")).submit()
    assert "Bob Byron is no longer an approver." in page.text


def test_user_page_tells_the_last_approver_how_to_hand_over(
    walker: Walker, school: Organisation, ann: Membership
) -> None:
    for address in (
        path(school, "users", ann.public_id, "approver", "stop"),
        f"/account/leave/{school.public_id}",
    ):
        page = walker.get(address)
        assert page.heading == "You are the only approver"
        assert "Make approver" in page.text
        assert [form for form in page.forms() if not form.action] == []


def test_remove_page_shows_consequences_and_result(walker: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Remove Bob Byron from Ashfield School"))
    assert "can no longer open School Performance" in page.text
    done = page.submit()
    assert done.heading == "Bob Byron removed"
    assert "access to School Performance for Ashfield School" in done.text
    assert page.submit().heading == "Bob Byron removed"
    assert "does not belong to" in walker.get(path(school, "users", bob.public_id)).text


def test_remove_page_of_oneself_leaves_the_organisation(
    walker: Walker, school: Organisation, ann: Membership
) -> None:
    world.member(school, "cal@ashfield.example", approver=True)
    page = walker.get(path(school, "users", ann.public_id, "remove"))
    assert page.heading == "Leave Ashfield School"
    page.submit()
    assert not db.session.get_one(Membership, ann.id).open
    assert walker.get(path(school)).heading != "Ashfield School"


def test_invitations_page_lists_resends_corrects_and_withdraws(
    walker: Walker, school: Organisation
) -> None:
    world.invited(school, "bib@ashfield.example", given_name="Bob")
    page = walker.get(path(school, "invitations"))
    assert "Bob Byron" in page.text
    page = page.submit("resend")
    assert "New invitation sent to bib@ashfield.example" in page.text
    page = walker.get(page.link("Correct address")).submit(email="bob@ashfield.example")
    assert "Invitation sent to bob@ashfield.example" in page.text
    page = walker.get(page.link("Withdraw")).submit()
    assert "Invitation of Bob Byron withdrawn" in page.text
    assert "There are no open invitations" in page.text


def test_approver_of_two_organisations_has_the_pages_of_each(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    other = world.school("Brook School", "100002")
    world.member(other, "ann@ashfield.example", approver=True)
    walker = browser(app, ann)
    page = walker.get("/home")
    assert page.link("Manage users of Brook School") == path(other)
    assert path(other, "users") in walker.get(path(other)).html
    assert path(other, "users") not in walker.get(path(school)).html


def test_users_page_redirects_a_signed_out_person_to_sign_in_and_back(
    app: Flask, school: Organisation
) -> None:
    response = app.test_client().get(path(school, "users"))
    assert response.status_code in {302, 303}
    assert school.public_id in response.headers["Location"]


def test_users_page_marks_a_suspended_colleague(walker: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example")
    with writing():
        world.who(bob).suspended_at = now()
    assert "Suspended" in walker.get(path(school, "users", bob.public_id)).text
    page = walker.get(path(school, "users") + "?status=suspended")
    assert "1 user" in page.text


@pytest.mark.parametrize(("has_app", "said"), [(True, "Set up"), (False, "Not set up")])
def test_user_page_says_whether_a_second_step_is_set_up(
    walker: Walker, school: Organisation, has_app: bool, said: str
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    if has_app:
        assert bob.account_id is not None
        with writing():
            totp.store(bob.account_id, totp.new_sealed_secret(), step=0)
    page = walker.get(path(school, "users", bob.public_id))
    assert f"Second step {said}" in page.text


def test_add_form_questions_an_address_that_was_probably_mistyped(
    walker: Walker, school: Organisation
) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "bob@ashfeild.example")
    assert page.title.startswith("Error: ")
    assert "Did you mean bob@ashfield.example?" in page.text
    assert 'value="Dean"' in page.html
    still = page.submit(address_is_right="bob@ashfield.example")
    assert "Did you mean bob@ashfield.example?" in still.text
    confirmed = page.submit(
        group_school_performance="School_Anon", address_is_right="bob@ashfeild.example"
    )
    assert confirmed.heading == "Check what you have entered"
    assert "bob@ashfeild.example" in confirmed.text


def test_add_form_refuses_a_shared_address_and_says_why(
    walker: Walker, school: Organisation
) -> None:
    page = answer_all(walker.get(path(school, "users", "new")), "office@ashfield.example")
    assert "the record could not show who did what" in page.text
    assert page.title.startswith("Error: ")
    invited = world.invited(school, "bob@ashfield.example")
    page = walker.get(path(school, "users", invited.public_id, "invitation", "correct"))
    corrected = page.submit(email="head@ashfield.example")
    assert "the record could not show who did what" in corrected.text


def test_users_page_lists_people_with_shared_addresses(
    walker: Walker, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    with writing():
        email = EmailAddress.parse("office@ashfield.example")
        bob.describe(email=email, given_name="Bob", family_name="Byron")
    page = walker.get(path(school))
    page = walker.get(page.link("Address that several people may share"))
    assert "1 user" in page.text
    assert "office@ashfield.example" in page.text


def test_add_form_shows_every_mistake_at_once(walker: Walker, school: Organisation) -> None:
    page = walker.get(path(school, "users", "new"))
    page = page.submit(email="ann@ashfield.example", group_school_performance="", day="40")
    for mistake in (
        "This person already belongs to the organisation",
        "Enter first names, a last name or both",
        "Select what this person can see in School Performance",
        "The end date must include a month and year",
    ):
        assert page.text.count(mistake) >= 2, mistake
    summary = re.findall(r'<a href="#(\w+)">', page.html.partition("</form>")[0])
    assert summary == ["email", "given_name", "group_school_performance", "day"]
