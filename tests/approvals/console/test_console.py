"""The operators' pages and commands."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db
from approvals.memberships import facts
from approvals.operators.models import Operator
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.walking import Page, Walker


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def olive(app: Flask) -> Walker:
    return browser(app, world.operator())


def _navigation(page: Page) -> str:
    return page.html.split('class="govuk-service-navigation', 1)[1].split("</section>")[0]


def test_operators_pages_have_a_navigation_of_their_own(app: Flask, school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    world.make_operator(world.who(ann))
    walker = browser(app, ann)
    for address in ("/ops", "/ops/clients", "/ops/terms", "/ops/people/nobody"):
        page = walker.get(address)
        assert "sa-navigation--operators" in _navigation(page)
        assert page.link("Operators") == "/ops"
        assert page.link("People") == "/ops/people"
        assert path(school, "users") not in page.html
        assert page.link("Ashfield School") == path(school), "the switch"
    page = walker.get(path(school, "users"))
    assert "sa-navigation--operators" not in _navigation(page)
    assert page.link("Operators") == "/ops"


def _olive() -> Account:
    own = db.session.scalars(select(Operator)).one()
    return db.session.get_one(Account, own.account_id)


def test_appoint_page_appoints_the_first_approver_with_another_operator(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    page = olive.get("/ops")
    page = olive.get(page.link("Organisations"))
    for search in ("ashfield", "100001"):
        assert "Ashfield School" in olive.get(f"/ops/organisations?q={search}").text
    found = olive.get("/ops/organisations?q=Ash scho")
    page = olive.get(found.link("Ashfield School"))
    assert "This organisation has no approver." in page.text
    page = olive.get(page.link("Appoint an approver"))
    assert "Enter an email address" in page.submit().text
    page = page.submit(email="ann@ashfield.example", given_name="Ann", family_name="Dean")
    assert page.heading == "Check the details of the approver"
    assert "we send an invitation to ann@ashfield.example." in page.text
    page = olive.get(page.link("Change name"))
    check = page.submit(email="ann@ashfield.example", given_name="Anne", family_name="Dean")
    page = check.submit()
    assert page.heading == "Approver proposed"
    assert check.submit().address == page.address, "pressed twice, it is done once"
    page = olive.get(olive.get(page.link("Back to Ashfield School")).link("See the proposal"))
    assert "Another operator has to agree." in page.text
    oscar = browser(app, world.operator("oscar@operators.example"))
    proposal = oscar.get(page.address)
    assert "Anne Dean" in proposal.text
    page = proposal.submit()
    assert "Anne Dean is invited to be an approver for Ashfield School." in page.text
    assert "has decided already" in proposal.submit().text
    assert [row.detail["person"] for row in world.audited("membership.added")] == ["Anne Dean"]
    ann = facts.open_membership(school.id, EmailAddress.parse("ann@ashfield.example"))
    assert ann is not None
    assert world.approves(ann)
    assert world.held(ann) == []


def test_appoint_page_makes_a_member_the_approver_if_none_is_left(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob", family_name="Dean")
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="BOB@ashfield.example", given_name="Bobby", family_name="Dean")
    assert "Bob Dean belongs to the organisation already" in page.text
    assert page.submit().heading == "Approver proposed"
    oscar = world.operator("oscar@operators.example")
    address = f"/ops/organisations/{school.public_id}/approvers/proposal"
    assert "Bob Dean" in browser(app, oscar).get(address).submit().text
    assert world.approves(bob)
    assert [row.actor for row in world.audited("approver.made")] == [oscar.subject]
    assert [to for to, _ in world.mails("memberships/made_approver")] == [bob.email]
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email=bob.email, given_name="Bob", family_name="Dean").submit()
    assert "This person is already an approver." in page.text


def test_appoint_page_shows_similar_people(olive: Walker, school: Organisation) -> None:
    world.member(school, "paul@ashfield.example", given_name="Paul", family_name="Dean")
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="pau1@ashfield.example", given_name="New", family_name="Person")
    assert "Paul Dean, paul@ashfield.example: the email address looks the same" in page.text


def test_appoint_page_refuses_a_journey_of_another_operator(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="ann@ashfield.example", given_name="Ann", family_name="Dean")
    other = browser(app, world.operator("oscar@operators.example"))
    assert other.get(page.address).status == 404
    assert other.get(page.address.replace("/check", "/done")).status == 404


def test_person_page_suspends_and_restores_the_person(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob", family_name="Dean")
    theirs = browser(app, bob)
    for search in ("bob@ashfield.example", "Dea", "BOB@ash"):
        assert "Bob Dean" in olive.get(f"/ops/people?q={search}").text
    found = olive.get("/ops/people?q=bob dean")
    page = olive.get(found.link("Bob Dean"))
    page = olive.get(page.link("Suspend account")).submit()
    assert (
        "Bob Dean is suspended and signed out everywhere, and has been told by email." in page.text
    )
    assert theirs.get("/home", follow=False).status in {302, 303}
    page = olive.get(page.link("Restore account")).submit()
    assert "Bob Dean can sign in again, and has been told by email." in page.text
    assert world.who(bob).suspended_at is None
    assert [to for to, _ in world.mails("accounts/suspended")] == [bob.email]
    assert [to for to, _ in world.mails("accounts/restored")] == [bob.email]
    for event in ("account.suspended", "account.restored"):
        assert [row.actor for row in world.audited(event)] == [_olive().subject]


def test_person_page_records_each_look_up(olive: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example")
    olive.get("/ops/people?q=bob@ashfield.example")
    olive.get(f"/ops/people/{world.who(bob).subject}")
    assert [row.detail["what"] for row in world.audited("console.looked_for")] == [
        "bob@ashfield.example"
    ]
    assert [row.subject for row in world.audited("console.looked_at")] == [world.who(bob).subject]


def test_person_page_refuses_suspension_of_oneself(olive: Walker, app: Flask) -> None:
    own = f"/ops/people/{_olive().subject}"
    assert "Suspend account" not in olive.get(own).text
    assert olive.get(f"{own}/suspend").status == 404


def test_audit_page_searches_person_organisation_and_event(
    olive: Walker, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob", family_name="Dean")
    everything = olive.get("/ops/audit")
    assert "added Bob Dean and sent an invitation" in everything.text
    assert (
        "Bob Dean accepted the invitation"
        in olive.get(f"/ops/audit?q={world.who(bob).subject}").text
    )
    assert "added Bob Dean" in olive.get(f"/ops/audit?organisation={school.public_id}").text
    assert "Nothing matches" in olive.get("/ops/audit?organisation=nowhere").text
    joined = olive.get("/ops/audit?kind=membership.joined").text
    assert "accepted the invitation" in joined
    assert "sent an invitation" not in joined
    assert "Nothing matches" in olive.get("/ops/audit?to=2001-01-01").text


REFERENCE = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-7[0-9A-F]{3}")


def _reference(page: Page) -> str:
    found = REFERENCE.search(page.text)
    assert found, page.text
    return found.group()


def test_audit_page_finds_the_reference_of_a_confirmation(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    approver = browser(app, world.member(school, "ann@ashfield.example", approver=True))
    page = approver.get(path(school, "users", "new"))
    page = page.submit(email="bob@ashfield.example", given_name="Bob", family_name="Dean")
    added = _reference(page.submit())
    eve = world.member(school, "eve@ashfield.example", given_name="Eve")
    removed = _reference(approver.get(path(school, "users", eve.public_id, "remove")).submit())
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="cal@ashfield.example", given_name="Cal", family_name="Dean")
    appointed = _reference(page.submit())
    for reference, sentence in {
        added: "added Bob Dean and sent an invitation",
        removed: "removed Eve Byron",
        appointed: "proposed Cal Dean as an approver",
    }.items():
        for spelling in (reference, f" {reference.lower()} "):
            found = olive.get(f"/ops/audit?q={spelling}").text
            assert sentence in found
            assert set(REFERENCE.findall(found.upper())) == {reference}


def test_not_found_page_shows_the_reference_of_its_refusal(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    bob = browser(app, world.member(school, "bob@ashfield.example"))
    refused = bob.get(path(school, "users"))
    assert refused.status == 404
    assert "page.denied" in olive.get(f"/ops/audit?q={_reference(refused)}").text


def test_appoint_commands_appoint_first_operator_and_approver(
    app: Flask, school: Organisation
) -> None:
    run = app.test_cli_runner().invoke
    done = run(args=["operators", "add", "olive@operators.example"])
    assert "Invited olive@operators.example as an operator." in done.output
    again = run(args=["operators", "add", "olive@operators.example"])
    assert again.exit_code != 0
    assert "is an operator already" in again.output
    done = run(
        args=["approvers", "appoint", "ann@ashfield.example", "--organisation", school.public_id]
    )
    assert "Invited ann@ashfield.example as an approver for Ashfield School." in done.output
    assert [row.actor for row in world.audited("operator.added")] == ["operators add"]
    assert [row.actor for row in world.audited("membership.added")] == ["approvers appoint"]


def test_appoint_command_sends_the_same_invitation_as_the_page(
    app: Flask, school: Organisation
) -> None:
    run = app.test_cli_runner().invoke
    run(args=["operators", "add", "olive@operators.example"])
    run(args=["approvers", "appoint", "ann@ashfield.example", "--organisation", school.public_id])
    operators, approvers = (text for _, text in world.mails("accounts/invitation"))
    assert operators.startswith("You have been invited to Secure Access\nHello,\n")
    assert approvers.startswith("You have been invited to Ashfield School on Secure Access\n")
    assert "command" not in operators + approvers
    link = re.search(r"/invitation/\S+", operators)
    assert link is not None
    page = world.stranger(app).get(link.group())
    assert "You have been invited" in page.heading
    assert "Invited by" not in page.text


@pytest.mark.parametrize(
    ("email", "organisation", "sentence"),
    [
        ("ann@ashfield.example", "nowhere", "There is no organisation with the identifier nowhere"),
        ("ann", "test:Ashfield School", "Enter an email address in the correct format"),
    ],
)
def test_appoint_command_explains_a_refusal(
    app: Flask, school: Organisation, email: str, organisation: str, sentence: str
) -> None:
    done = app.test_cli_runner().invoke(
        args=["approvers", "appoint", email, "--organisation", organisation]
    )
    assert done.exit_code != 0
    assert sentence in done.output


def test_appoint_command_makes_a_member_an_approver_without_invitation(
    app: Flask, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    done = app.test_cli_runner().invoke(
        args=["approvers", "appoint", bob.email, "--organisation", school.public_id]
    )
    assert "bob@ashfield.example is now an approver for Ashfield School." in done.output
    assert browser(app, bob).get(path(school)).status == 200


def test_proposal_page_ends_the_proposal_of_another_operator_with_a_reason(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="ann@ashfield.example", given_name="Ann", family_name="Dean")
    page.submit()
    oscar = browser(app, world.operator("oscar@operators.example"))
    page = oscar.get(f"/ops/organisations/{school.public_id}/approvers/proposal")
    page = oscar.get(page.link("Refuse the proposal"))
    assert "Enter the reason" in page.submit().text
    page = page.submit(reason="The head does not know them.")
    assert "The proposal has ended. No approver was appointed." in page.text
    assert facts.open_membership(school.id, EmailAddress.parse("ann@ashfield.example")) is None
    assert oscar.get(f"/ops/organisations/{school.public_id}/approvers/proposal").address == (
        f"/ops/organisations/{school.public_id}"
    )
