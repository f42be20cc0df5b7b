"""A person changes their name: lists, tokens and the audit follow."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests.approvals import world
from tests.approvals.world import path
from tests.identity.conftest import audited
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Walker

SIXTY = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaughsworth"


@pytest.fixture
def walker(client: FlaskClient, person: Person) -> Walker:
    sign_in(client, person)
    return Walker(client)


def test_name_page_has_the_present_name(walker: Walker) -> None:
    page = walker.get("/account")
    values = walker.get(page.link("Change your name")).form("/account/name").values
    assert (values["given_name"], values["family_name"]) == ("Ada", "Byron")


def test_name_change_shows_the_new_name_on_the_account_page(walker: Walker, person: Person) -> None:
    page = walker.get("/account/name").submit("/account/name", family_name=SIXTY)
    assert page.heading == "Your account"
    assert f"Your name is now Ada {SIXTY}." in page.text
    assert person.account.name == f"Ada {SIXTY}"
    (row,) = audited("account.renamed")
    assert row["subject"] == row["actor"] == person.subject


@pytest.mark.parametrize(
    ("given", "family", "name"), [("", "Sukarno", "Sukarno"), ("Sukarno", " ", "Sukarno")]
)
def test_name_change_accepts_one_name_only(
    walker: Walker, person: Person, given: str, family: str, name: str
) -> None:
    walker.get("/account/name").submit("/account/name", given_name=given, family_name=family)
    assert person.account.name == name


@pytest.mark.parametrize(
    ("given", "family", "mistake"),
    [
        ("", "", "Enter first names, a last name or both"),
        ("https://evil.example", "Byron", "First names must not include @, www. or ://"),
        ("Ada", "x" * 101, "Last name must be 100 characters or fewer"),
    ],
)
def test_name_change_refuses_unfit_names_and_keeps_the_entries(
    walker: Walker, person: Person, given: str, family: str, mistake: str
) -> None:
    page = walker.get("/account/name").submit("/account/name", given_name=given, family_name=family)
    assert page.title.startswith("Error: ")
    assert mistake in page.text
    assert page.form("/account/name").values["family_name"] == family
    assert person.account.name == "Ada Byron"
    assert not audited("account.renamed")


def test_name_change_to_the_present_name_records_nothing(walker: Walker, person: Person) -> None:
    before = person.account.updated_at
    walker.get("/account/name").submit("/account/name")
    assert person.account.updated_at == before
    assert not audited("account.renamed")


def test_name_change_is_refused_without_a_session(client: FlaskClient, person: Person) -> None:
    assert client.get("/account/name").status_code == 303
    assert person.account.name == "Ada Byron"


def test_name_change_renames_the_person_in_the_lists_of_their_organisations(app: Flask) -> None:
    school = world.school()
    approver = world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)
    person = make_person()
    world.member(school, person.email, family_name="Byron")
    client = app.test_client()
    sign_in(client, person)
    Walker(client).get("/account/name").submit(
        "/account/name", given_name="Zoë", family_name="Zephaniah"
    )
    page = world.browser(app, approver).get(path(school, "users?q=zephaniah"))
    assert "Zoë Zephaniah" in page.text
    activity = world.browser(app, approver).get(path(school, "activity")).text
    assert "Ada Byron changed their name to Zoë Zephaniah." in activity


def test_name_change_is_in_userinfo_and_refreshed_tokens_at_once(
    app: Flask, clock: time_machine.Traveller, person: Person
) -> None:
    signing_keys.ready()
    client, rp = app.test_client(), RelyingParty(app.test_client(), register())
    sign_in(client, person)
    tokens = rp.tokens(client, scope="openid profile")
    before = rp.userinfo(tokens["access_token"]).get_json()
    clock.shift(timedelta(seconds=2))
    Walker(client).get("/account/name").submit("/account/name", given_name="", family_name="King")
    after = rp.userinfo(tokens["access_token"]).get_json()
    assert (after["name"], after["sub"]) == ("King", before["sub"])
    assert "given_name" not in after
    assert after["updated_at"] > before["updated_at"]
    refreshed = rp.verified(rp.refresh(tokens["refresh_token"]).get_json()["id_token"])
    assert refreshed["sub"] == before["sub"]
