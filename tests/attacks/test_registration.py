"""People who ask for an account themselves: no oracle, no mail cannon, no way into a service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.database import db
from app.retention import purge_expired
from approvals.access_requests import actions
from approvals.settings import Settings
from identity.accounts import registrations
from identity.accounts.models import Account, Invitation, InvitationMail, Registration
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.access_requests.asking import REASON, asking, groups_of, requests_of
from tests.attacks.test_sign_in import _everybody, _stable
from tests.conftest import settings
from tests.identity.conftest import Post
from tests.identity.joining.test_joining import code_of, link
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import race
from tests.sent import statements

NEW = "nell@home.example"


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(database_url, mail_directory=tmp_path / "mail")


@pytest.fixture
def person(app: Flask) -> Person:
    return make_person()


@pytest.fixture
def post(app: Flask) -> Post:
    return Post()


def ask(app: Flask, email: str = NEW) -> Page:
    page = Walker(app.test_client()).get("/sign-in")
    return page.walker.get(page.link("I have no account")).submit(email=email)


def names_page(app: Flask, post: Post) -> Page:
    ask(app)
    page = Walker(app.test_client()).get(link(post, NEW))
    assert page.heading == "Create your account"
    return page.submit()


def joined(app: Flask, post: Post) -> Page:
    page = names_page(app, post).submit(given_name="Nell", family_name="New")
    page = page.submit(password=PASSWORD)
    assert page.heading == "Set up your authenticator app", page.text
    page = page.submit(code=code_of(page)).submit()
    assert page.heading == "You have joined"
    return page


def newcomer() -> Account:
    return db.session.scalars(select(Account).where(Account.email_key == NEW)).one()


def test_newcomer_registers_asks_and_is_taken_in(app: Flask, post: Post) -> None:
    scene = asking()
    page = joined(app, post)
    page = page.walker.get(page.link("Ask for access")).submit(q="100001")
    page = page.walker.get("/requests/new?q=100001")
    page = page.walker.get(page.link("Ashfield School"))
    values: dict[str, Any] = {"choice": "school_performance:School_Anon", "reason": REASON}
    page = page.submit("/requests/new", **values).submit()
    assert "Your request is sent." in page.text
    (request,) = requests_of(newcomer())
    actions.approve(request, world.who(scene.ann))
    assert groups_of(newcomer(), scene.school) == ["School_Anon"]


def test_LG_01_registration_answers_every_address_alike(
    app: Flask, person: Person, post: Post
) -> None:
    answers, texts = set(), set()
    for email in _everybody(person):
        page = ask(app, email)
        codes = tuple(response.status_code for response in page.walker.seen)
        answers.add((page.status, page.address, _stable(page.html), codes))
        mail = post.to(email)[-1].partition("Hello")[2]
        texts.add(re.sub(r"/invitation/\S+", "", mail))
    assert (len(answers), len(texts)) == (1, 1)


def test_LG_02_registration_runs_the_same_statements_for_every_address(
    app: Flask, person: Person
) -> None:
    kinds = set()
    for email in _everybody(person):
        address = EmailAddress.parse(email)
        with statements() as sent:
            registrations.ask_for_account(address)
        kinds.add(tuple(re.sub(r"'[^']*'|\b\d+\b|X'\w+'", "?", each) for each in sent))
    assert len(kinds) == 1


def test_registration_sends_three_mails_an_hour_to_one_address(app: Flask) -> None:
    pages = [ask(app) for _ in range(6)]
    assert {page.heading for page in pages} == {"Check your email"}
    assert db.session.scalar(select(func.count(InvitationMail.id))) == 3
    outcomes = [row.detail["outcome"] for row in world.audited("registration.asked")]
    assert outcomes == ["link sent"] * 3 + ["too_many_invitations"] * 3


def test_registration_at_once_by_forty_strangers_sends_three_mails(app: Flask, post: Post) -> None:
    address = EmailAddress.parse(NEW)
    race(app, lambda _number: registrations.ask_for_account(address))
    assert db.session.scalar(select(func.count(InvitationMail.id))) == 3
    assert len(post.to(NEW)) == 1
    assert db.session.scalar(select(func.count(Registration.id))) == 1
    assert db.session.scalar(select(func.count(Invitation.id))) == 1


def test_registration_takes_no_mails_from_the_limit_of_an_organisation(
    app: Flask, post: Post
) -> None:
    school = world.school()
    for _ in range(4):
        ask(app)
    world.invited(school, NEW, "School_Anon")
    assert "Ashfield School" in post.to(NEW)[-1]


@pytest.mark.parametrize("email", ["office@home.example", "admin+x@home.example", "x", "a@b@c"])
def test_registration_refuses_shared_and_malformed_addresses(
    app: Flask, post: Post, email: str
) -> None:
    page = ask(app, email)
    assert page.title.startswith("Error: ")
    assert db.session.scalar(select(func.count(Invitation.id))) == 0


def test_registration_link_of_a_known_person_leads_to_sign_in(
    app: Flask, person: Person, post: Post
) -> None:
    ask(app, person.email)
    page = Walker(app.test_client()).get(link(post, person.email)).submit()
    assert page.heading.endswith("Sign in")
    count = select(func.count(Account.id)).where(Account.email_key == person.account.email_key)
    assert db.session.scalar(count) == 1


def test_PR_06_registration_makes_no_account_without_the_link(app: Flask, post: Post) -> None:
    page = ask(app)
    page.walker.post(
        "/create-account",
        {"csrf_token": csrf(page.walker), "email": NEW, "verified": "true", "joined_at": "now"},
    )
    assert db.session.scalar(select(func.count(Account.id))) == 0


def test_newcomer_gets_no_code_for_any_client(app: Flask, post: Post) -> None:
    asking()
    browser = joined(app, post).walker.client
    for metadata in ({}, {"service": world.SERVICE}):
        party = RelyingParty(app.test_client(), register(**metadata))
        page = Walker(browser).get(party.request())
        assert page.heading.startswith("You do not have access to"), page.text
        assert "code=" not in page.address
        assert page.walker.get(page.link("Ask for access")).status == 200
        silent = browser.get(party.request(prompt="none"))
        assert "error=access_denied" in silent.headers["Location"]


def test_newcomer_gets_codes_once_an_organisation_took_them_in(app: Flask, post: Post) -> None:
    scene = asking()
    browser = joined(app, post).walker.client
    world.member(scene.school, NEW)
    party = RelyingParty(app.test_client(), register())
    assert party.code(browser)


def test_person_of_an_organisation_who_registers_again_keeps_their_codes(
    app: Flask, person: Person, post: Post, client: FlaskClient
) -> None:
    world.member(world.school(), person.email)
    ask(app, person.email)
    sign_in(client, person)
    Walker(client).get(link(post, person.email)).submit()
    assert registrations.has_registered(person.account_id)
    assert RelyingParty(app.test_client(), register()).code(client)


def test_newcomer_sees_account_and_request_pages_alone(app: Flask, post: Post) -> None:
    scene = asking()
    walker = joined(app, post).walker
    for own in ("/account", "/requests", "/requests/new", "/home"):
        assert walker.get(own).status == 200
    for other in (world.path(scene.school), world.path(scene.school, "requests"), "/ops"):
        assert walker.get(other).status == 404


def test_stranger_ends_a_link_that_they_did_not_ask_for(app: Flask, post: Post) -> None:
    ask(app)
    path = link(post, NEW)
    page = Walker(app.test_client()).get(path).submit("/join/not-me")
    assert page.heading == "Thank you for telling us"
    assert Walker(app.test_client()).get(path).status == 410


def test_newer_registration_link_ends_the_older_one(app: Flask, post: Post) -> None:
    ask(app)
    first = link(post, NEW)
    ask(app)
    assert Walker(app.test_client()).get(first).status == 410
    assert Walker(app.test_client()).get(link(post, NEW)).heading == "Create your account"


def test_purge_forgets_addresses_after_two_days(app: Flask) -> None:
    registrations.ask_for_account(EmailAddress.parse(NEW))
    purge_expired()
    assert db.session.scalar(select(func.count(Registration.id))) == 1
    with time_machine.travel("2100-01-01", tick=False):
        purge_expired()
    assert db.session.scalar(select(func.count(Registration.id))) == 0


def csrf(walker: Walker) -> str:
    return walker.get("/create-account").forms()[0].values["csrf_token"]
