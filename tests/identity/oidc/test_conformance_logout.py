"""OpenID Foundation conformance, plan RP-Initiated Logout OP: one test for each module."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from tests.identity.oidc.relying_party import RelyingParty, answer
from tests.identity.walking import Page, Walker

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BYE = "https://rp.example/bye"


@pytest.fixture
def hint(rp: RelyingParty, browser: FlaskClient) -> str:
    token: str = rp.tokens(browser)["id_token"]
    return token


def leave(browser: FlaskClient, **parameters: str) -> TestResponse:
    return browser.get(f"/end-session?{urlencode(parameters)}")


def signed_out(rp: RelyingParty, browser: FlaskClient) -> bool:
    return rp.authorize(browser, prompt="none").get("error") == "login_required"


def confirmed(browser: FlaskClient, response: TestResponse) -> Page:
    """The person presses `sign_out` on the page that asks."""
    assert response.status_code == 200, response.headers.get("Location")
    page = Page(Walker(browser), response, "/end-session")
    return page.submit("confirm", button="sign_out")


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(
    provider: Flask, stranger: FlaskClient
) -> None:
    metadata = stranger.get("/.well-known/openid-configuration").get_json()
    assert metadata["end_session_endpoint"].endswith("/end-session")


def test_oidcc_rp_initiated_logout(rp: RelyingParty, browser: FlaskClient, hint: str) -> None:
    state = "x" * 128
    response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state=state)
    assert response.status_code == 303
    assert response.headers["Location"] == f"{BYE}?state={state}"
    assert signed_out(rp, browser)


def test_oidcc_rp_initiated_logout_no_state(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert response.headers["Location"] == BYE
    assert signed_out(rp, browser)


@pytest.mark.parametrize("address", ["https://rp.example/elsewhere", "https://evil.example/"])
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    rp: RelyingParty, browser: FlaskClient, hint: str, address: str
) -> None:
    response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=address, state="1")
    assert confirmed(browser, response).address.endswith("/signed-out")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    response = leave(browser, id_token_hint=hint, post_logout_redirect_uri=f"{BYE}?foo=bar")
    assert confirmed(browser, response).address.endswith("/signed-out")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    _, payload, _ = hint.split(".")
    unsigned = f"eyJhbGciOiJub25lIn0.{payload}."
    response = leave(browser, id_token_hint=unsigned, post_logout_redirect_uri=BYE)
    assert confirmed(browser, response).address.endswith("/signed-out")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    claims = rp.verified(hint)
    strange = jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
    response = leave(browser, id_token_hint=strange, post_logout_redirect_uri=BYE)
    assert confirmed(browser, response).address.endswith("/signed-out")


def test_oidcc_rp_initiated_logout_no_id_token_hint(rp: RelyingParty, browser: FlaskClient) -> None:
    response = leave(browser, post_logout_redirect_uri=BYE, state="1", client_id=rp.client_id)
    assert confirmed(browser, response).address.endswith("/signed-out")


@pytest.mark.parametrize("parameters", [{}, {"state": "1"}])
def test_oidcc_rp_initiated_logout_no_params_and_only_state(
    rp: RelyingParty, browser: FlaskClient, parameters: dict[str, str]
) -> None:
    page = confirmed(browser, leave(browser, **parameters))
    assert page.address.endswith("/signed-out")
    assert signed_out(rp, browser)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    response = leave(browser, id_token_hint=hint)
    assert response.headers["Location"].endswith("/signed-out")
    assert signed_out(rp, browser)


def test_logout_by_post_from_a_service_asks_the_person(
    rp: RelyingParty, browser: FlaskClient, provider: Flask, hint: str
) -> None:
    # A form from another site carries no cookie; the redirect that answers it does.
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": "1"}
    response = provider.test_client().post("/end-session", data=fields)
    assert response.status_code == 303
    assert browser.get(response.headers["Location"]).headers["Location"] == f"{BYE}?state=1"
    assert "error" in answer(browser.get(rp.request(prompt="none")))
