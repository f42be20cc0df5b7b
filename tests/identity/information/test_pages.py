"""Help, privacy, cookies, accessibility: readable by anybody, and true."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from identity.information.cookies import cookies
from tests.conftest import application, settings
from tests.identity.people import Person, sign_in
from tests.identity.walking import Walker

PAGES = {
    "/help": "Help",
    "/privacy": "Privacy",
    "/cookies": "Cookies",
    "/accessibility": "Accessibility",
}


@pytest.mark.parametrize(("address", "heading"), PAGES.items())
def test_anybody_may_read_the_page(client: FlaskClient, address: str, heading: str) -> None:
    assert Walker(client).get(address).heading == heading


def test_every_page_leads_to_them(client: FlaskClient) -> None:
    page = client.get("/").text
    assert [address for address in PAGES if f'href="{address}"' not in page] == []


def test_the_page_of_cookies_names_those_that_are_set_and_no_others(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    sign_in(client, person, "/account")
    # Somebody who comes from a service, and is sent to sign in, gets the cookie of the browser.
    newcomer = app.test_client()
    Walker(newcomer).get("/sign-in")
    jars = [*(client._cookies or {}).values(), *(newcomer._cookies or {}).values()]
    with app.test_request_context():
        documented = {cookie.name for cookie in cookies()}
    assert {cookie.key for cookie in jars} == documented


def test_questions_go_to_the_address_in_the_settings() -> None:
    with application(settings("sqlite://", support_email="help@access.example")) as site:
        for address in ("/help", "/privacy", "/accessibility"):
            assert "mailto:help@access.example" in site.test_client().get(address).text
