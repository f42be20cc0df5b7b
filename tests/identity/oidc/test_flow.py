"""From the service's link to tokens, in one go."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests.identity.conftest import audited
from tests.identity.oidc.relying_party import ISSUER, RelyingParty, arrived, header, register
from tests.identity.people import Person
from tests.identity.walking import Walker


def test_code_flow_returns_tokens_for_the_person(rp: RelyingParty, ada: Person) -> None:
    browser = rp.http.application.test_client()
    walker = Walker(browser)
    page = walker.get(rp.request())
    assert "to continue to Reports" in page.text
    page = page.submit(email=ada.email, password=ada.password)
    page = page.submit(code=ada.code(), follow=False)
    page = walker.get(page.response.headers["Location"], follow=False)
    page.address = page.response.headers["Location"]
    told = arrived(page)
    assert told["state"] == "st-1"
    assert told["iss"] == ISSUER
    tokens = rp.redeem(told["code"]).get_json()
    identity = rp.verified(tokens["id_token"])
    assert identity["sub"] == ada.subject
    assert identity["aud"] == rp.client_id
    assert identity["nonce"] == "n-1"
    assert identity["acr"] == "urn:secure-access:aal2"
    assert set(identity["amr"]) >= {"pwd", "otp"}
    access = rp.verified(tokens["access_token"])
    assert access["aud"] == ISSUER
    assert header(tokens["access_token"])["typ"] == "at+jwt"
    assert header(tokens["access_token"])["alg"] == "ES256"
    assert header(tokens["id_token"])["alg"] == "RS256"
    info = rp.userinfo(tokens["access_token"]).get_json()
    assert info["sub"] == ada.subject
    assert info["name"] == "Ada Byron"
    assert info["email"] == ada.email


def test_authorize_asks_a_signed_in_person_nothing(rp: RelyingParty, browser: FlaskClient) -> None:
    tokens = rp.tokens(browser, prompt="none")
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    assert tokens["scope"] == "openid profile email"


def test_offline_access_is_ignored_for_clients_without_refresh_tokens(
    provider: Flask, browser: FlaskClient
) -> None:
    rp = RelyingParty(provider.test_client(), register(grant_types=["authorization_code"]))
    tokens = rp.tokens(browser, scope="openid offline_access")
    assert tokens["scope"] == "openid"
    assert "refresh_token" not in tokens


def test_userinfo_returns_rights_for_one_organisation(
    service_rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = service_rp.tokens(browser, scope="openid organisation access")
    access = service_rp.verified(tokens["access_token"])
    assert access["organisation"]["id"] == "oakfield"
    assert access["capabilities"] == ["print_reports"]
    assert "capabilities" not in service_rp.verified(tokens["id_token"])
    info = service_rp.userinfo(tokens["access_token"]).get_json()
    assert info["organisation"]["id"] == "oakfield"


def test_refresh_returns_new_tokens_with_the_same_auth_time(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    first = rp.tokens(browser)
    response = rp.refresh(first["refresh_token"])
    assert response.status_code == 200
    second = response.get_json()
    assert second["refresh_token"] != first["refresh_token"]
    before, after = rp.verified(first["id_token"]), rp.verified(second["id_token"])
    assert {n: before[n] for n in ("iss", "sub", "aud", "auth_time", "sid")} == {
        n: after[n] for n in ("iss", "sub", "aud", "auth_time", "sid")
    }
    assert "nonce" not in after


def test_grants_of_a_person_record_the_issued_token_alike(
    service_rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = service_rp.tokens(browser, scope="openid organisation access")
    assert service_rp.refresh(tokens["refresh_token"]).status_code == 200
    redeemed, refreshed = audited("token.issued")
    assert redeemed.pop("grant_type") == "authorization_code"
    assert refreshed.pop("grant_type") == "refresh_token"
    assert redeemed == refreshed
    assert {"subject", "grant", "scope", "audience"} <= redeemed.keys()
