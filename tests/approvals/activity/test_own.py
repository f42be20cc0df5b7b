"""The activity of one's own account, as its person reads it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actors import Actor
from app.audit import EVENTS, record
from app.database import writing
from approvals.activity.own_words import OWN_WORDS, TOLD_OTHERWISE
from approvals.memberships.actions import change_user_group, make_approver
from identity.administration import suspension
from tests.approvals import world
from tests.identity.conftest import Post
from tests.identity.own_account.test_email import change
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker

IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|sha256|urn:")


@pytest.fixture
def person(app: Flask) -> Person:
    return make_person()


@pytest.fixture
def post(app: Flask) -> Post:
    return Post()


def test_own_activity_tells_sign_ins_and_changes_in_plain_words(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)
    membership = world.member(school, person.email)
    change_user_group(
        membership,
        service=world.SERVICE,
        user_groups=["School_Named"],
        actor=world.acting(ann),
    )
    make_approver(membership, actor=world.acting(ann))
    refused = Walker(app.test_client()).get("/sign-in")
    refused.submit(email=person.email, password="not the password at all")
    sign_in(client, person)
    walker = Walker(client)
    walker.get("/account/name").submit("/account/name", family_name="King")
    change(walker, post)
    page = walker.get(walker.get("/account").link("See the activity of your account"))
    for sentence in (
        "You signed in.",
        "A wrong password was entered for your account.",
        "You changed your name.",
        "You asked to change your email address.",
        "You changed your email address from ada@school.example.",
        "You joined Ashfield School.",
        "Ann Byron made you an approver of Ashfield School.",
        "Ann Byron changed what you can see in School Performance for Ashfield School:",
        "127.0.0.1",
        "This was not me",
    ):
        assert sentence in page.text, sentence
    assert not IDENTIFIER.search(page.text)
    assert page.text.count("You changed your name.") == 1


def test_own_activity_shows_nothing_about_other_people(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    theirs = app.test_client()
    sign_in(theirs, other)
    Walker(theirs).get("/account/name").submit("/account/name", family_name="Murray")
    sign_in(client, person)
    page = Walker(client).get("/account/activity")
    assert "Grace" not in page.text
    assert "You changed your name." not in page.text


def test_own_activity_names_no_operator(client: FlaskClient, person: Person) -> None:
    actor = Actor("person", "an-operators-subject", "Olive Operator")
    suspension.suspend(person.account, actor=actor)
    suspension.restore(person.account, actor=actor)
    sign_in(client, person)
    page = Walker(client).get("/account/activity")
    assert "An operator suspended your account." in page.text
    assert "Olive" not in page.text


def test_own_activity_is_paged(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    with writing():
        for _ in range(60):
            record("password.changed", subject=person.subject)
    walker = Walker(client)
    page = walker.get("/account/activity")
    assert page.text.count("You changed your password.") < 60
    assert walker.get(page.link("Next")).title.startswith("Activity of your account (page 2)")


def test_own_activity_describes_an_event_without_own_words_by_its_sentence(
    client: FlaskClient, person: Person
) -> None:
    sign_in(client, person)
    with writing():
        record("organisation.closed", subject=person.subject, organisation="gone")
    assert "closed an organisation." in Walker(client).get("/account/activity").text


def test_own_words_are_about_declared_events(app: Flask) -> None:
    assert {*OWN_WORDS, *TOLD_OTHERWISE} <= EVENTS.by_name().keys()


def test_own_activity_needs_a_session(client: FlaskClient) -> None:
    assert client.get("/account/activity").status_code == 303
    assert PASSWORD not in client.get("/account/activity").get_data(as_text=True)
