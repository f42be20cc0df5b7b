"""An approver begins a change of a person's email address; the person confirms it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.clock import now
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.email_changes.queries import last_begun_by_approver
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.conftest import Post
from tests.identity.own_account.test_email import ask, link_to
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker

NEW = "ada@new-trust.example"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def walker(app: Flask, school: Organisation) -> Walker:
    return browser(
        app, world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)
    )


@pytest.fixture
def ada(person: Person, school: Organisation) -> Membership:
    return world.member(school, person.email)


@pytest.fixture
def post(app: Flask) -> Post:
    return Post()


@pytest.fixture
def person(app: Flask) -> Person:
    return make_person()


def begin(walker: Walker, school: Organisation, member: Membership, address: str = NEW) -> Page:
    page = walker.get(path(school, "users", member.public_id))
    return walker.get(page.link("Change the email address")).submit("", email=address)


def test_address_change_of_an_approver_waits_for_the_person(
    walker: Walker, school: Organisation, ada: Membership, person: Person, post: Post
) -> None:
    before = len(post.to(person.email))
    page = begin(walker, school, ada)
    assert page.heading == "Ada Byron"
    assert f"We have sent a link to {NEW}." in page.text
    assert f"A change of the email address to {NEW} waits for Ada Byron" in page.text
    assert person.account.email == "ada@school.example"
    mail = post.to(NEW)[-1]
    assert "Ann Byron of Ashfield School asked" in mail
    (notice,) = post.to(person.email)[before:]
    assert notice.startswith("Ann Byron asked to change your Secure Access email address")
    assert NEW not in notice
    assert "Ann Byron asked to change the email address of Ada Byron." in page.text


def test_address_change_of_an_approver_takes_effect_when_the_person_confirms_it(
    app: Flask,
    walker: Walker,
    school: Organisation,
    ada: Membership,
    person: Person,
    post: Post,
) -> None:
    begin(walker, school, ada)
    client = app.test_client()
    sign_in(client, person)
    page = Walker(client).get(link_to(post, NEW))
    assert "An approver of your organisation asked for this change." in page.text
    page.submit("")
    account = person.account
    assert (account.email, account.subject) == (NEW, person.subject)
    assert NEW in walker.get(path(school, "users", ada.public_id)).text


def test_address_change_of_an_approver_gives_them_nothing_without_the_person(
    app: Flask, walker: Walker, school: Organisation, ada: Membership, person: Person, post: Post
) -> None:
    begin(walker, school, ada, "ann.private@evil.example")
    confirm = link_to(post, "ann.private@evil.example")
    assert walker.get(confirm).heading == "This link is for somebody else"
    assert "/sign-in" in Walker(app.test_client()).get(confirm).address
    assert person.account.email == "ada@school.example"


def test_address_change_of_an_approver_looks_the_same_for_the_address_of_an_account(
    walker: Walker, school: Organisation, ada: Membership, post: Post
) -> None:
    make_person("grace@elsewhere.example", "Grace", "Hopper")
    free = begin(walker, school, ada, NEW)
    taken = begin(walker, school, ada, "grace@elsewhere.example")
    words = "We have sent a link to"
    assert words in free.text
    assert words in taken.text
    assert "/account/email/confirm/" not in post.to("grace@elsewhere.example")[-1]


@pytest.mark.parametrize(
    ("address", "mistake"),
    [
        ("ADA@school.example", "This is the email address of the account already"),
        ("ann@ashfield.example", "This person already belongs to the organisation"),
        ("ada", "Enter an email address in the correct format, like name@example.com"),
    ],
)
def test_address_change_of_an_approver_refuses_unfit_addresses(
    walker: Walker,
    school: Organisation,
    ada: Membership,
    person: Person,
    address: str,
    mistake: str,
) -> None:
    page = begin(walker, school, ada, address)
    assert page.title.startswith("Error: ")
    assert mistake in page.text
    assert last_begun_by_approver(person.account_id) is None


def test_approver_changes_their_own_address_on_their_account_page(
    walker: Walker, school: Organisation
) -> None:
    page = walker.get(path(school, "users"))
    page = walker.get(page.link("Ann"))
    assert page.link("Change the email address") == "/account/email"


def test_address_of_an_invited_person_is_corrected_and_not_changed(
    walker: Walker, school: Organisation
) -> None:
    invited = world.invited(school, "bob@ashfield.example", given_name="Bob")
    address = path(school, "users", invited.public_id)
    assert "Change the email address" not in walker.get(address).text
    page = walker.get(f"{address}/email").submit("", email=NEW)
    assert "This person has not joined yet" in page.text


def test_last_change_begun_by_an_approver_is_known_and_those_of_the_person_are_not(
    app: Flask, walker: Walker, school: Organisation, ada: Membership, person: Person, post: Post
) -> None:
    client = app.test_client()
    sign_in(client, person)
    ask(Walker(client), "ada@elsewhere.example")
    assert last_begun_by_approver(person.account_id) is None
    begin(walker, school, ada)
    begun = last_begun_by_approver(person.account_id)
    assert begun is not None
    assert now() - begun < timedelta(minutes=1)
    Walker(client).get(link_to(post, NEW)).submit("")
    confirmed = last_begun_by_approver(person.account_id)
    assert confirmed is not None
    assert confirmed > begun
    page = walker.get(path(school, "users", ada.public_id))
    assert "Change of address by an approver" in page.text
