"""The second step that is shown first after the password."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import add_passkey, options_on, sign_in_with
from tests.identity.joining.test_joining import code_of
from tests.identity.people import Person, sign_in
from tests.identity.walking import Page, Walker

APP, PASSKEY = "Enter the 6-digit code", "Use your passkey"


def after_the_password(client: FlaskClient, person: Person) -> Page:
    page = Walker(client).get("/sign-in")
    return page.submit("/sign-in?", email=person.email, password=person.password)


def signed_out(client: FlaskClient) -> FlaskClient:
    Walker(client).get("/sign-out").submit("/sign-out")
    return client


@pytest.fixture
def key(person: Person) -> Authenticator:
    return add_passkey(person)


def test_browser_in_which_the_app_was_used_last_shows_the_code_first(
    app: Flask, person: Person
) -> None:
    client = app.test_client()
    sign_in(client, person)
    add_passkey(person)
    page = after_the_password(signed_out(client), person)
    assert page.heading == APP
    assert page.walker.get(page.link("Use a passkey instead")).heading == PASSKEY


def test_browser_in_which_the_passkey_was_used_last_shows_it_first(
    app: Flask, person: Person
) -> None:
    client = app.test_client()
    sign_in(client, person)
    key = add_passkey(person)
    sign_in_with(signed_out(client), key)
    page = after_the_password(signed_out(client), person)
    assert page.heading == PASSKEY
    assert page.walker.get(page.link("Use my authenticator app instead")).heading == APP


def test_passkey_that_is_added_is_shown_first_in_its_browser_at_once(
    app: Flask, person: Person
) -> None:
    here = app.test_client()
    sign_in(here, person)
    page = Walker(here).get("/account/second-step").submit("second-step/passkey")
    credential = Authenticator().create(options_on(page))
    page.submit("passkey/add", name="Key", credential=credential)
    assert after_the_password(signed_out(here), person).heading == PASSKEY


def test_app_that_is_replaced_is_shown_first_in_its_browser_at_once(
    app: Flask, person: Person, key: Authenticator
) -> None:
    client = app.test_client()
    sign_in_with(client, key)
    page = Walker(client).get("/account/second-step").submit("second-step/app")
    page.submit(code=code_of(page))
    assert after_the_password(signed_out(client), person).heading == APP


def test_second_step_after_a_password_is_remembered_for_its_browser(
    app: Flask, person: Person, key: Authenticator
) -> None:
    client = app.test_client()
    page = after_the_password(client, person)
    page.submit("/sign-in/passkey", assertion=key.get(options_on(page)))
    page = after_the_password(signed_out(client), person)
    page = page.walker.get(page.link("Use my authenticator app instead"))
    page.submit(code=person.code())
    assert after_the_password(signed_out(client), person).heading == APP


def test_recovery_code_changes_nothing_about_the_first_page(app: Flask, person: Person) -> None:
    client = app.test_client()
    page = sign_in(client, person, "/account")
    page = page.walker.get("/account/second-step/codes").submit()
    code = page.html.partition('<code class="sa-key">')[2].partition("<")[0]
    page.submit()
    add_passkey(person)
    page = after_the_password(signed_out(client), person)
    page = page.walker.get(page.link("recovery code"))
    page.submit(code=code)
    assert after_the_password(signed_out(client), person).heading == APP


def test_LG_01_unknown_browser_learns_nothing_from_the_first_page(
    app: Flask, person: Person, key: Authenticator
) -> None:
    known = app.test_client()
    page = after_the_password(known, person)
    page = page.walker.get(page.link("Use my authenticator app instead"))
    page.submit(code=person.code())
    assert after_the_password(app.test_client(), person).heading == PASSKEY
    assert after_the_password(signed_out(known), person).heading == APP
