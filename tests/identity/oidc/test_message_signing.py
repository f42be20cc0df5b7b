"""Signed requests and answers (FAPI 2.0 Message Signing; RFC 9101; JARM), and form_post."""

from __future__ import annotations

import html
import re

from flask import Flask
from flask.testing import FlaskClient

from tests.identity.oidc.relying_party import ISSUER, RelyingParty, answer, header
from tests.identity.oidc.signing_party import FromNow, SigningParty, now


def test_authorize_signs_the_response_to_a_signed_request(
    signing_rp: SigningParty, browser: FlaskClient
) -> None:
    response = signing_rp.push_signed(signing_rp.request_object(response_mode="jwt"))
    told = answer(browser.get(signing_rp.with_uri(response.get_json()["request_uri"])))
    assert set(told) == {"response"}
    claims = signing_rp.verified(told["response"])
    assert header(told["response"])["alg"] == "ES256"
    assert claims["iss"] == ISSUER
    assert claims["aud"] == signing_rp.client_id
    assert claims["state"] == "st-1"
    assert now() < claims["exp"] <= now() + 600
    assert signing_rp.redeem(claims["code"]).status_code == 200


def test_authorize_signs_errors(signing_rp: SigningParty, stranger: FlaskClient) -> None:
    signed = signing_rp.request_object(response_mode="jwt", prompt="none")
    uri = signing_rp.push_signed(signed).get_json()["request_uri"]
    claims = signing_rp.verified(answer(stranger.get(signing_rp.with_uri(uri)))["response"])
    assert claims["error"] == "login_required"


def test_request_object_with_array_of_audiences_is_accepted(signing_rp: SigningParty) -> None:
    signed = signing_rp.request_object(aud=[ISSUER, "https://other.example"], nbf=FromNow(8))
    assert signing_rp.push_signed(signed).status_code == 201


def test_parameters_beside_a_request_object_are_ignored(
    signing_rp: SigningParty, browser: FlaskClient
) -> None:
    response = signing_rp.push_signed(signing_rp.request_object(state=None), state="outside")
    told = answer(browser.get(signing_rp.with_uri(response.get_json()["request_uri"])))
    assert "state" not in told


def test_unsigned_request_of_a_client_that_must_sign_is_refused(signing_rp: SigningParty) -> None:
    assert signing_rp.push().get_json()["error"] == "invalid_request"


def test_authorize_accepts_a_request_object_by_value(provider: Flask, browser: FlaskClient) -> None:
    rp = SigningParty(
        provider.test_client(),
        profile="baseline",
        require_pushed_authorization_requests=False,
        dpop_bound_access_tokens=False,
    )
    signed = rp.request_object(scope="openid", claims={"userinfo": {"name": None}}, max_age=10000)
    query = {"client_id": rp.client_id, "request": signed, "response_type": "code"}
    assert "code" in answer(browser.get("/authorize", query_string=query))
    bad = query | {"request": signed[:-4], "redirect_uri": rp.registration["redirect_uris"][0]}
    told = answer(browser.get("/authorize", query_string=bad))
    assert told["error"] == "invalid_request_object"
    page = browser.get("/authorize", query_string=bad | {"response_mode": "form_post"})
    assert fields(page.get_data(as_text=True))["error"] == "invalid_request_object"


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_form_post_response_mode_posts_the_response(rp: RelyingParty, browser: FlaskClient) -> None:
    state = "a b&c=<d>\"'é" + "x" * 200
    response = browser.get(rp.request(response_mode="form_post", state=state))
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "form-action 'self' https://rp.example" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert 'action="https://rp.example/callback"' in page
    told = fields(page)
    assert told["state"] == state
    assert told["iss"] == ISSUER
    assert rp.redeem(told["code"]).status_code == 200


def test_form_post_response_mode_posts_errors(rp: RelyingParty, stranger: FlaskClient) -> None:
    page = stranger.get(rp.request(response_mode="form_post", prompt="none"))
    assert fields(page.get_data(as_text=True))["error"] == "login_required"


def test_userinfo_is_signed_if_registered(provider: Flask, browser: FlaskClient) -> None:
    rp = SigningParty(provider.test_client(), userinfo_signed_response_alg="PS256")
    response = rp.userinfo(rp.tokens(browser)["access_token"])
    assert response.mimetype == "application/jwt"
    claims = rp.verified(response.get_data(as_text=True))
    assert claims["aud"] == rp.client_id
    assert claims["iss"] == ISSUER
    assert claims["name"] == "Ada Byron"


def test_introspection_is_signed_if_requested(rp: RelyingParty, browser: FlaskClient) -> None:
    token = rp.tokens(browser)["access_token"]
    response = rp.post(
        "/introspect",
        {"token": token},
        headers={"Accept": "application/token-introspection+jwt"},
    )
    assert response.mimetype == "application/token-introspection+jwt"
    text = response.get_data(as_text=True)
    assert header(text)["typ"] == "token-introspection+jwt"
    assert header(text)["alg"] == "RS256"
    claims = rp.verified(text)
    assert claims["aud"] == rp.client_id
    assert claims["token_introspection"]["active"] is True


def test_introspection_of_the_profile_fapi2_is_never_signed_with_rs256(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    token = fapi_rp.tokens(browser)["access_token"]
    headers = {"Accept": "application/token-introspection+jwt"}
    response = fapi_rp.post("/introspect", {"token": token}, headers=headers)
    assert header(response.get_data(as_text=True))["alg"] == "ES256"
