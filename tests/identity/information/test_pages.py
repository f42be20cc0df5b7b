"""Help, privacy, cookies, accessibility: readable by anybody, and true."""

from __future__ import annotations

from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from identity.information.cookies import cookies
from tests.conftest import application, settings
from tests.identity.people import Person, sign_in
from tests.identity.walking import Walker

PAGES = {
    "/help": "Help",
    "/privacy": "Privacy",
    "/cookies": "Cookies",
    "/accessibility": "Accessibility",
    "/contact": "Contact",
}


@pytest.mark.parametrize(("address", "heading"), PAGES.items())
def test_information_pages_are_public(client: FlaskClient, address: str, heading: str) -> None:
    assert Walker(client).get(address).heading == heading


def test_pages_all_link_to_the_information_pages(client: FlaskClient) -> None:
    page = client.get("/").text
    assert [address for address in (*PAGES, "/status") if f'href="{address}"' not in page] == []


def test_cookies_page_names_exactly_the_cookies_that_are_set(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    sign_in(client, person, "/account")
    # Somebody who comes from a service, and is sent to sign in, gets the cookie of the browser.
    newcomer = app.test_client()
    page = Walker(newcomer).get("/sign-in").submit(email=person.email, password=person.password)
    page.submit(code=person.code(), remember="yes")
    jars = [*(client._cookies or {}).values(), *(newcomer._cookies or {}).values()]
    with app.test_request_context():
        documented = {cookie.name for cookie in cookies()}
    assert {cookie.key for cookie in jars} == documented


def test_information_pages_show_the_support_address_of_the_settings() -> None:
    with application(settings("sqlite://", support_email="help@access.example")) as site:
        for address in ("/help", "/privacy", "/accessibility"):
            assert "mailto:help@access.example" in site.test_client().get(address).text


FACTS = {
    "support_email": "help@access.example",
    "privacy_email": "data@access.example",
    "controller": "Department for Examples, 1 High Street, Leeds",
    "lawful_basis": "the law asks us to (Article 6(1)(c) of the UK GDPR)",
    "account_retention": "2 years after you leave",
    "audit_retention": "7 years",
    "regulator": "Example Commissioner",
    "regulator_url": "https://regulator.example/complain",
    "security_contact": "https://access.example/report",
    "security_policy_url": "https://access.example/policy",
}


def test_privacy_page_names_the_facts_of_the_settings() -> None:
    with application(settings("sqlite://", **FACTS)) as site:
        page = Walker(site.test_client()).get("/privacy")
    for name, fact in FACTS.items():
        if name not in {"support_email", "security_contact", "security_policy_url"}:
            assert fact in page.html, name
    assert "An invitation Its link works for 14 days" in page.text


def test_privacy_page_names_govuk_notify_where_it_sends_the_emails() -> None:
    key = f"access-{uuid4()}-{uuid4()}"
    with application(
        settings("sqlite://", notify_api_key=key, notify_template_id=str(uuid4()))
    ) as site:
        assert "through GOV.UK Notify" in Walker(site.test_client()).get("/privacy").text
    with application(settings("sqlite://")) as site:
        assert "GOV.UK Notify" not in Walker(site.test_client()).get("/privacy").text


def test_privacy_page_says_who_is_responsible_without_settings(client: FlaskClient) -> None:
    page = Walker(client).get("/privacy")
    assert "The organisation that runs this service decides" in page.text
    assert "Information Commissioner’s Office" in page.text


def test_setup_names_the_facts_that_are_not_set(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["setup"])
    assert (
        "facts for the privacy page: incomplete, set SECURE_ACCESS_SUPPORT_EMAIL, "
        "SECURE_ACCESS_CONTROLLER, SECURE_ACCESS_ACCOUNT_RETENTION, SECURE_ACCESS_AUDIT_RETENTION"
    ) in result.output


@time_machine.travel("2026-11-26T13:00:00+00:00", tick=False)
def test_security_txt_holds_the_fields_of_rfc_9116() -> None:
    with application(settings("sqlite://", **FACTS)) as site:
        response = site.test_client().get("/.well-known/security.txt")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.text.splitlines() == [
        "Contact: https://access.example/report",
        "Expires: 2027-02-24T00:00:00Z",
        "Preferred-Languages: en",
        "Canonical: http://localhost:8000/.well-known/security.txt",
        "Policy: https://access.example/policy",
    ]


def test_security_txt_names_the_support_address_without_a_contact_of_its_own() -> None:
    with application(settings("sqlite://", support_email="help@access.example")) as site:
        text = site.test_client().get("/.well-known/security.txt").text
    assert text.startswith("Contact: mailto:help@access.example\n")


def test_security_txt_is_not_found_without_a_contact(client: FlaskClient) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("support_email", "no address"),
        ("privacy_email", "no address"),
        ("security_contact", "security@access.example"),
        ("security_contact", "http://access.example/report"),
        ("security_contact", "mailto:security@access.example\nExpires: never"),
        ("security_policy_url", "http://access.example"),
        ("regulator_url", "javascript:alert(1)"),
    ],
)
def test_settings_refuse_facts_that_cannot_be_shown(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        settings("sqlite://", **{name: value})
