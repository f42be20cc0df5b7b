"""Pages of an authorization request that has ended or cannot be accepted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.retention import purge_expired
from identity.oidc.authorize import stored_request
from identity.oidc.models import AuthorizationRequest
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, answer, register, walk
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person, make_person
from tests.identity.walking import Walker

START = "https://rp.example/sign-in"
START_WITH_ISSUER = "https://rp.example/sign-in?iss=http%3A%2F%2Flocalhost%3A8000"


@pytest.fixture
def led_rp(provider: Flask) -> RelyingParty:
    """A client that registered where a sign-in begins."""
    return RelyingParty(provider.test_client(), register(initiate_login_uri=START))


def begun(rp: RelyingParty, browser: FlaskClient) -> str:
    """The address of a stored request that waits for a new sign-in in this browser."""
    made = parse_qs(urlsplit(rp.request(prompt="login")).query)
    address: str = browser.post("/authorize", data=made).headers["Location"]
    assert "/sign-in" in browser.get(address).headers["Location"]
    return address


def rows() -> list[AuthorizationRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(AuthorizationRequest)))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"redirect_uri": None}, "redirect_uri is missing."),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri is not registered for this"),
        ({"request": "a.b.c", "redirect_uri": None}, "The request object is not valid."),
    ],
)
def test_authorize_error_page_names_known_client_and_leads_back(
    led_rp: RelyingParty, stranger: FlaskClient, changes: dict[str, str | None], note: str
) -> None:
    page = Walker(stranger).get(led_rp.request(**changes))
    assert page.status == 400
    assert page.heading == "You cannot sign in from here"
    assert "Reports sent you here with a request that cannot be accepted." in page.text
    assert f"tell the people who run Reports: {note}" in page.text
    assert page.link("Go back to Reports") == START_WITH_ISSUER


def test_authorize_error_page_leads_back_after_repeated_parameter(
    led_rp: RelyingParty, stranger: FlaskClient
) -> None:
    page = Walker(stranger).get(f"{led_rp.request()}&state=2")
    assert page.status == 400
    assert page.link("Go back to Reports") == START_WITH_ISSUER


def test_authorize_error_page_leads_to_client_uri_where_no_sign_in_address_is_registered(
    provider: Flask, stranger: FlaskClient
) -> None:
    rp = RelyingParty(provider.test_client(), register(client_uri="https://rp.example/"))
    page = Walker(stranger).get(rp.request(redirect_uri=None))
    assert page.link("Go back to Reports") == "https://rp.example/"


def test_authorize_error_page_has_no_link_for_unknown_client(
    led_rp: RelyingParty, stranger: FlaskClient
) -> None:
    page = Walker(stranger).get(led_rp.request(client_id="client-0190"))
    assert "Go back to the service that you came from and start again." in page.text
    assert START not in page.html


def test_used_and_expired_request_uri_show_a_page(provider: Flask, browser: FlaskClient) -> None:
    rp = SigningParty(provider.test_client(), initiate_login_uri=START)
    used, expired = rp.request(), rp.request()
    assert "code" in answer(browser.get(used))
    with time_machine.travel(now() + timedelta(seconds=61)):
        for address in (used, expired):
            page = Walker(browser).get(address)
            assert page.status == 400
            assert page.heading == "This sign-in has ended"
            assert "It ran out of time, or was used before. Go back to Reports" in page.text
            assert "request_uri" not in page.text
            assert page.link("Go back to Reports") == START_WITH_ISSUER


def test_finished_request_opened_again_by_its_browser_is_no_error(
    led_rp: RelyingParty, browser: FlaskClient
) -> None:
    made = parse_qs(urlsplit(led_rp.request()).query)
    address = browser.post("/authorize", data=made).headers["Location"]
    assert rows()[0].parameters != {}
    assert "code" in answer(browser.get(address))
    (row,) = rows()
    assert (row.parameters, row.finished_at is None) == ({}, False)
    for each in (address, f"{address}/cancel", f"{address}/organisation"):
        page = Walker(browser).get(each)
        assert (page.status, page.heading) == (200, "This sign-in is finished")
        assert page.link("Go to Reports") == START_WITH_ISSUER


def test_request_that_ran_out_leads_back_to_its_client_for_a_day(
    led_rp: RelyingParty, provider: Flask, ada: Person
) -> None:
    browser = signed_in_browser(provider, ada)
    address = begun(led_rp, browser)
    for late in (timedelta(minutes=61), timedelta(hours=24)):
        with time_machine.travel(now() + late):
            page = Walker(browser).get(address)
            assert (page.status, page.heading) == (400, "This sign-in has ended")
            assert "It ran out of time." in page.text
            assert page.link("Go back to Reports") == START_WITH_ISSUER
            purge_expired()
            assert [row.parameters for row in rows()] == [{}]
    with time_machine.travel(now() + timedelta(hours=26)):
        purge_expired()
        assert rows() == []
        assert Walker(browser).get(address).heading == "This sign-in has ended"


def test_request_of_another_browser_names_no_client(
    led_rp: RelyingParty, browser: FlaskClient, stranger: FlaskClient
) -> None:
    address = begun(led_rp, browser)
    page = Walker(stranger).get(address)
    assert (page.status, page.heading) == (400, "This sign-in has ended")
    assert "Reports" not in page.text


def test_cancelled_request_uses_up_its_pushed_request(
    fapi_rp: SigningParty, stranger: FlaskClient
) -> None:
    address = fapi_rp.request()
    page = walk(stranger, address).submit("sign-in", button="cancel", follow=False)
    assert answer(stranger.get(page.response.headers["Location"]))["error"] == "access_denied"
    assert Walker(stranger).get(address).heading == "This sign-in has ended"


def test_choice_of_organisation_holds_only_for_the_person_who_made_it(
    service_rp: RelyingParty, provider: Flask, ada: Person, rights: Rights
) -> None:
    rights.doors = [entrance("oakfield"), entrance("elmwood")]
    browser = signed_in_browser(provider, ada)
    page = walk(browser, service_rp.request(scope="openid access"))
    chosen = page.submit(organisation="elmwood", follow=False)
    eve = signed_in_browser(provider, make_person("eve@school.example"))
    session = eve.get_cookie("secure_access_session")
    assert session is not None
    browser.set_cookie("secure_access_session", session.value)
    asked = walk(browser, chosen.response.headers["Location"])
    assert asked.heading == "School reports Which organisation are you working for?"


def test_handle_of_one_kind_opens_nothing_at_the_page_of_another(
    rp: RelyingParty, browser: FlaskClient, provider: Flask
) -> None:
    made: Any = dict(parse_qs(urlsplit(rp.request()).query).items())
    uri = rp.post("/par", {name: value[0] for name, value in made.items()}).get_json()[
        "request_uri"
    ]
    handle = uri.rpartition(":")[2]
    request_id = begun(rp, browser).rpartition("/")[2]
    code = rp.code(browser)
    for wrong in (handle, uri, code):
        assert browser.get(f"/authorize/{wrong}").status_code == 400
        assert browser.get(f"/authorize/{wrong}/cancel").status_code == 400
        assert rp.refresh(wrong).status_code == 400
    for wrong in (request_id, code):
        address = f"/authorize?client_id={rp.client_id}&request_uri="
        page = browser.get(f"{address}urn:ietf:params:oauth:request_uri:{wrong}")
        assert page.status_code == 400
        assert rp.redeem(request_id).status_code == 400
    journey = walk(provider.test_client(), rp.request()).address.rpartition("=")[2]
    assert browser.get(f"/authorize/{journey}").status_code == 400
    assert json.loads(rp.redeem(handle).get_data())["error"] == "invalid_grant"


def test_organisation_cannot_be_chosen_for_a_finished_request(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = [entrance("oakfield"), entrance("elmwood")]
    page = walk(browser, service_rp.request(scope="openid access"))
    page.submit(organisation="elmwood")
    page.submit(organisation="oakfield")
    assert [row.organisation for row in rows()] == ["elmwood"]
    assert timedelta(days=1) == stored_request.LEFT_BEHIND


def test_sign_in_page_of_prompt_login_holds_the_address_of_the_signed_in_person(
    rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    def email(**changes: str) -> str:
        return walk(browser, rp.request(**changes)).form("sign-in").values["email"]

    assert email(prompt="login") == ada.email
    assert email(max_age="0") == ada.email
    assert email(prompt="login", login_hint="eve@school.example") == "eve@school.example"
    assert email(prompt="select_account") == ""


def test_sign_in_page_holds_no_address_where_another_person_is_expected(
    rp: RelyingParty, provider: Flask, browser: FlaskClient
) -> None:
    eve = signed_in_browser(provider, make_person("eve@school.example"))
    hint = rp.tokens(eve)["id_token"]
    page = walk(browser, rp.request(id_token_hint=hint))
    assert page.form("sign-in").values["email"] == ""


def test_id_token_names_the_session_only_for_clients_with_a_logout_address(
    provider: Flask, browser: FlaskClient
) -> None:
    bare = RelyingParty(provider.test_client(), register(post_logout_redirect_uris=[]))
    hint = bare.tokens(browser)["id_token"]
    assert "sid" not in bare.verified(hint)
    for members in (
        {"post_logout_redirect_uris": ["https://rp.example/bye"]},
        {"frontchannel_logout_uri": "https://rp.example/out", "post_logout_redirect_uris": []},
    ):
        told = RelyingParty(provider.test_client(), register(**members))
        assert "sid" in told.verified(told.tokens(browser)["id_token"])
    assert "code" in bare.authorize(browser, id_token_hint=hint)
    signed_out = browser.get("/end-session", query_string={"id_token_hint": hint})
    assert signed_out.headers["Refresh"] == "2; url=/signed-out"


def test_sign_in_page_links_to_policy_and_terms_of_the_client(
    provider: Flask, stranger: FlaskClient
) -> None:
    rp = RelyingParty(
        provider.test_client(),
        register(
            policy_uri="https://rp.example/ignored",
            **{"policy_uri#en-GB": "https://rp.example/privacy"},
            tos_uri="https://rp.example/terms?a=b",
            logo_uri="https://rp.example/logo.png",
        ),
    )
    page = walk(stranger, rp.request())
    assert page.link("Privacy policy of Reports") == "https://rp.example/privacy"
    assert page.link("Terms of use of Reports") == "https://rp.example/terms?a=b"
    assert "logo.png" not in page.html
    assert "logo_uri" not in rp.registration


def test_sign_in_page_has_no_links_of_a_client_that_registered_none(
    rp: RelyingParty, provider: Flask, stranger: FlaskClient
) -> None:
    assert "Privacy policy of" not in walk(stranger, rp.request()).text
    assert "Privacy policy of" not in walk(provider.test_client(), "/sign-in").text
