"""Attacks on signing out: group LO of the catalogue."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.clock import now
from identity.oidc.client_administration import actions
from identity.oidc.keys import actions as keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, header
from tests.identity.people import make_person

BYE = "https://rp.example/bye"


def leave(browser: FlaskClient, **parameters: str) -> TestResponse:
    return browser.get(f"/end-session?{urlencode(parameters)}")


def signed_in(rp: RelyingParty, browser: FlaskClient) -> bool:
    return "code" in rp.authorize(browser, prompt="none")


def asks(response: TestResponse) -> bool:
    """A page of our own that asks, and nothing has happened."""
    return response.status_code == 200 and 'name="sign_out"' in response.get_data(as_text=True)


def test_LO_01_logout_without_hint_asks_the_person_first(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    assert asks(leave(browser))
    assert asks(leave(browser, client_id=rp.client_id, post_logout_redirect_uri=BYE))
    assert signed_in(rp, browser)
    forged = browser.post("/end-session/confirm", data={"sign_out": "yes"})
    assert forged.status_code == 400
    assert signed_in(rp, browser)


def test_LO_02_logout_accepts_an_expired_hint(rp: RelyingParty, browser: FlaskClient) -> None:
    hint = rp.tokens(browser)["id_token"]
    with time_machine.travel(now() + timedelta(minutes=20)):
        response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert response.headers["Location"] == BYE
        assert not signed_in(rp, browser)


def test_LO_02_logout_accepts_a_hint_whose_key_is_no_longer_published(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = rp.tokens(browser)["id_token"]
    keys.rotate(["RS256"])
    with time_machine.travel(now() + timedelta(minutes=20)):
        published = [key["kid"] for key in rp.http.get("/jwks").get_json()["keys"]]
        assert header(hint)["kid"] not in published
        response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert response.headers["Location"] == BYE
        assert not signed_in(rp, browser)


def test_LO_02_logout_ignores_a_hint_of_a_withdrawn_key(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = rp.tokens(browser)["id_token"]
    keys.retire(header(hint)["kid"])
    assert asks(leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert signed_in(rp, browser)


def test_LO_02_logout_with_hint_of_another_session_ends_no_session(
    rp: RelyingParty, browser: FlaskClient, provider: Flask
) -> None:
    victim = signed_in_browser(provider, make_person("eve@school.example"))
    hint = rp.tokens(victim)["id_token"]
    assert asks(leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert signed_in(rp, browser)
    assert signed_in(rp, victim)


def test_LO_02_logout_ignores_a_hint_of_a_disabled_client(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = rp.tokens(browser)["id_token"]
    actions.disable(rp.client_id)
    assert asks(leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert signed_in(other_rp, browser)


def test_LO_02_logout_ignores_a_hint_of_another_client_than_client_id(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = rp.tokens(browser)["id_token"]
    response = leave(
        browser, id_token_hint=hint, post_logout_redirect_uri=BYE, client_id=other_rp.client_id
    )
    assert asks(response)


@pytest.mark.parametrize("alive", [True, False])
def test_LO_03_logout_redirects_only_to_a_registered_address(
    rp: RelyingParty, browser: FlaskClient, stranger: FlaskClient, alive: bool
) -> None:
    hint = rp.tokens(browser)["id_token"]
    for address in (
        "https://other.example/bye",
        "https://rp.example/bye/",
        "https://RP.example/bye",
        "https://rp.example/bye?x=1",
        "https://rp.example@evil/",
        "https://rp.example.evil.tld/bye",
        "javascript:alert(1)",
        "//evil.example",
    ):
        who = browser if alive else stranger
        response = leave(who, id_token_hint=hint, post_logout_redirect_uri=address)
        if alive:
            assert asks(response), address
        else:
            assert response.headers["Location"].endswith("/signed-out"), address


def test_LO_05_sign_out_ends_the_cookie_and_the_tokens(
    rp: RelyingParty, browser: FlaskClient, provider: Flask
) -> None:
    cookie = browser.get_cookie("secure_access_session")
    assert cookie is not None
    tokens = rp.tokens(browser, scope="openid")
    leave(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE)
    thief = provider.test_client()
    thief.set_cookie("secure_access_session", cookie.value)
    assert not signed_in(rp, thief)
    assert rp.refresh(tokens["refresh_token"]).status_code == 400
    assert rp.userinfo(tokens["access_token"]).status_code == 401


def test_LO_05_logout_pages_are_not_stored_by_caches(browser: FlaskClient) -> None:
    assert leave(browser).headers["Cache-Control"] == "no-store"
