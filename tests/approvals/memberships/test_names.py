"""Names: two parts of which one may be empty, and nothing in them that makes a link."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import writing
from approvals.memberships import facts
from approvals.memberships.actions import add_member
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import COMMAND, browser, path
from tests.identity.walking import Page

NO_NAME = "Enter first names, a last name or both"
LINK = "Your account is locked. Visit https://evil.example/verify"
NO_LINK = "must not include @, www. or ://"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(
        school, "ann@ashfield.example", approver=True, given_name="Ann", family_name="Dean"
    )


@pytest.fixture
def name_page(app: Flask, school: Organisation, ann: Membership) -> Page:
    page = browser(app, ann).get(path(school, "users", "new"))
    assert page.heading == "Add a user"
    return page


def _added(school: Organisation) -> Membership:
    found = facts.open_membership(school.id, EmailAddress.parse("bo@ashfield.example"))
    assert found is not None
    return found


@pytest.mark.parametrize(("given", "family"), [("Suharto", ""), ("", "Suharto")])
def test_add_user_page_accepts_a_person_with_one_name(
    school: Organisation, name_page: Page, given: str, family: str
) -> None:
    assert "First names" in name_page.text
    page = name_page.submit(
        email="bo@ashfield.example", given_name=given, family_name=family
    ).submit()
    assert page.heading == "Invitation sent"
    assert _added(school).name == "Suharto"
    [(_, mail)] = [mail for mail in world.mails("accounts/invitation") if mail[0].startswith("bo")]
    assert "Hello Suharto," in mail


def test_add_user_page_asks_for_one_of_the_names(name_page: Page) -> None:
    assert (
        NO_NAME
        in name_page.submit(email="bo@ashfield.example", given_name=" ", family_name="\u200b").text
    )


@pytest.mark.parametrize("field", ["given_name", "family_name"])
def test_add_user_page_refuses_a_link_in_a_name(name_page: Page, field: str) -> None:
    label = {"given_name": "First names", "family_name": "Last name"}[field]
    for text, sentence in ((LINK, NO_LINK), ("Bo\nDay", "must be on one line")):
        given, family = (text, "Day") if field == "given_name" else ("Bo", text)
        page = name_page.submit(email="bo@ashfield.example", given_name=given, family_name=family)
        assert f"{label} {sentence}" in page.text


def test_operators_page_refuses_a_link_and_accepts_one_name(
    app: Flask, school: Organisation
) -> None:
    olive = browser(app, world.operator())
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    wrong = page.submit(email="bo@ashfield.example", given_name=LINK, family_name="")
    assert f"First names {NO_LINK}" in wrong.text
    wrong = page.submit(email="bo@ashfield.example", given_name="", family_name="")
    assert NO_NAME in wrong.text
    check = page.submit(email="bo@ashfield.example", given_name="Suharto", family_name="")
    assert check.submit().heading == "Approver proposed"
    oscar = browser(app, world.operator("oscar@operators.example"))
    proposal = oscar.get(f"/ops/organisations/{school.public_id}/approvers/proposal")
    assert "Suharto is invited" in proposal.submit().text
    assert _added(school).name == "Suharto"


def test_journey_of_an_earlier_version_asks_for_the_name_again(
    school: Organisation, name_page: Page
) -> None:
    check = name_page.submit(email="bo@ashfield.example", given_name="Bo", family_name="Day")
    with writing() as session:
        journey = session.scalars(select(Journey)).one()
        journey.answers = {**journey.answers, "family_name": LINK}
    assert check.submit().heading == "Add a user"
    assert facts.open_membership(school.id, EmailAddress.parse("bo@ashfield.example")) is None


def test_add_member_refuses_a_link_in_a_name(school: Organisation) -> None:
    with pytest.raises(ValueError, match="must not include"):
        add_member(
            school,
            email=EmailAddress.parse("bo@ashfield.example"),
            given_name="Bo",
            family_name=LINK,
            actor=COMMAND,
        )
    assert facts.open_membership(school.id, EmailAddress.parse("bo@ashfield.example")) is None


@pytest.mark.parametrize(
    "command", [["operators", "add"], ["approvers", "appoint", "--organisation"]]
)
def test_command_accepts_one_name_and_refuses_links(
    app: Flask, school: Organisation, command: list[str]
) -> None:
    def run(*options: str) -> str:
        where = [school.public_id] if command[-1] == "--organisation" else []
        arguments = [*command, *where, "bo@ashfield.example", *options]
        return app.test_cli_runner().invoke(args=arguments).output

    assert f"First names {NO_LINK}" in run("--given-name", LINK)
    assert f"Last name {NO_LINK}" in run("--family-name", "bo@evil")
    assert NO_NAME in run("--given-name", " ")
    assert world.mails("accounts/invitation") == []
    assert "Invited bo@ashfield.example" in run("--family-name", "Suharto")
    [(_, mail)] = world.mails("accounts/invitation")
    assert "Hello Suharto," in mail


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["organisations", "add", LINK, "--kind", "department"], NO_LINK),
        (["organisations", "add", "D" * 101, "--kind", "department"], "100 characters or fewer"),
        (["registration-tokens", "issue", "for www.evil.example"], NO_LINK),
    ],
)
def test_command_refuses_a_text_that_others_would_read(
    app: Flask, command: list[str], sentence: str
) -> None:
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 1
    assert sentence in done.output


def test_users_page_sorts_people_with_one_name_by_it(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    names = [("Cher", ""), ("", "Bono"), ("Al", "Zed")]
    for number, (given, family) in enumerate(names):
        email = f"p{number}@ashfield.example"
        world.member(school, email, given_name=given, family_name=family)
    text = browser(app, ann).get(path(school, "users") + "?sort=name").text
    places = [text.index(name) for name in ("Bono", "Cher", "Ann Dean", "Al Zed")]
    assert places == sorted(places)
    olive = browser(app, world.operator())
    assert "Cher" in olive.get("/ops/people?q=Cher").text
