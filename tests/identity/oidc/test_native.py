"""Native applications: any port of the loopback, schemes of their own (RFC 8252)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.dynamic_registration import tokens
from identity.oidc.dynamic_registration.policy import Policy
from tests.identity.oidc.relying_party import RelyingParty, answer, register, walk
from tests.identity.oidc.signing_party import SigningParty, now

APP = "com.example.app:/callback"
ADDRESSES = ["http://127.0.0.1/cb", "http://[::1]:8080/cb?a=b", APP, "http://localhost:9000/cb"]
GRANTS = ["authorization_code", "refresh_token"]


@pytest.fixture
def native_rp(provider: Flask) -> RelyingParty:
    registration = register(
        application_type="native",
        redirect_uris=ADDRESSES,
        post_logout_redirect_uris=["http://127.0.0.1/bye", "com.example.app://bye/now"],
        grant_types=GRANTS,
    )
    return RelyingParty(provider.test_client(), registration)


MATCHING = [
    "http://127.0.0.1/cb",
    "http://127.0.0.1:51004/cb",
    "http://127.0.0.1:65535/cb",
    "http://[::1]/cb?a=b",
    "http://[::1]:51004/cb?a=b",
    APP,
    "http://localhost:9000/cb",
]
DIFFERING = [
    "http://127.0.0.1:51004/cb/",
    "http://127.0.0.1:51004/CB",
    "http://127.0.0.1:51004/cb?x=1",
    "http://127.0.0.1:51004",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.1:65536/cb",
    "http://127.0.0.1:051/cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:51004@evil.example/cb",
    "http://127.0.0.1.evil.example:51004/cb",
    "http://127.0.0.2:51004/cb",
    "http://127.1:51004/cb",
    "https://127.0.0.1:51004/cb",
    "HTTP://127.0.0.1:51004/cb",
    "http://[::1]:51004/cb",
    "http://[0:0:0:0:0:0:0:1]:51004/cb?a=b",
    "http://localhost:51004/cb",
    "com.example.app:/callback/x",
    "com.example.app://callback",
    "COM.example.app:/callback",
    "com.example.app:/callback#x",
]


def test_native_client_returns_to_any_port_of_the_loopback_and_to_its_own_scheme(
    native_rp: RelyingParty, browser: FlaskClient
) -> None:
    for address in MATCHING:
        response = browser.get(native_rp.request(redirect_uri=address))
        code = answer(response)["code"]
        assert response.headers["Location"].startswith(address), address
        redeemed = native_rp.redeem(code, redirect_uri=address)
        assert redeemed.status_code == 200, address


def test_native_client_returns_nowhere_else(native_rp: RelyingParty, browser: FlaskClient) -> None:
    for address in DIFFERING:
        response = browser.get(native_rp.request(redirect_uri=address))
        assert (response.status_code, response.headers.get("Location")) == (400, None), address


def test_other_clients_match_the_port_of_the_loopback_exactly(
    provider: Flask, browser: FlaskClient
) -> None:
    for more in ({}, {"token_endpoint_auth_method": "none"}):
        registration = register(
            redirect_uris=["http://127.0.0.1:8080/cb"], grant_types=GRANTS, **more
        )
        rp = RelyingParty(provider.test_client(), registration)
        moved = rp.request(redirect_uri="http://127.0.0.1:51004/cb")
        assert browser.get(moved).status_code == 400


def test_code_of_a_native_client_is_redeemed_with_the_port_that_was_requested(
    native_rp: RelyingParty, browser: FlaskClient
) -> None:
    code = native_rp.code(browser, redirect_uri="http://127.0.0.1:51004/cb")
    assert native_rp.redeem(code, redirect_uri="http://127.0.0.1/cb").status_code == 400
    assert native_rp.redeem(code, redirect_uri="http://127.0.0.1:51005/cb").status_code == 400
    assert native_rp.redeem(code, redirect_uri="http://127.0.0.1:51004/cb").status_code == 200


def test_native_client_pushes_a_request_with_its_port(
    native_rp: RelyingParty, browser: FlaskClient
) -> None:
    made = dict(
        parse_qsl(urlsplit(native_rp.request(redirect_uri="http://127.0.0.1:51004/cb")).query)
    )
    uri = native_rp.http.post("/par", data=made).get_json()["request_uri"]
    query = {"client_id": native_rp.client_id, "request_uri": uri}
    response = browser.get("/authorize", query_string=query)
    assert response.headers["Location"].startswith("http://127.0.0.1:51004/cb?code=")


def test_native_client_sends_a_request_object_with_its_port(
    provider: Flask, browser: FlaskClient
) -> None:
    party = SigningParty(
        provider.test_client(),
        profile="baseline",
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["http://127.0.0.1/cb"],
        grant_types=GRANTS,
    )
    address = "http://127.0.0.1:51004/cb"
    signed = party.request_object(redirect_uri=address, exp=now() + 60)
    query = {"client_id": party.client_id, "request": signed}
    response = browser.get("/authorize", query_string=query)
    assert response.headers["Location"].startswith(f"{address}?code=")
    broken = browser.get(
        "/authorize",
        query_string={"client_id": party.client_id, "request": "a.b.c", "redirect_uri": address},
    )
    assert answer(broken)["error"] == "invalid_request_object"
    assert broken.headers["Location"].startswith(address)


def test_sign_in_pages_let_their_forms_end_at_the_native_application(
    native_rp: RelyingParty, provider: Flask
) -> None:
    for address, source in (
        ("http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
        (APP, "com.example.app:"),
        ("http://[::1]:51004/cb?a=b", "http:"),
    ):
        page = walk(provider.test_client(), native_rp.request(redirect_uri=address))
        policy = page.response.headers["Content-Security-Policy"]
        assert f"form-action 'self' {source};" in policy


def test_native_client_returns_to_its_port_after_sign_out(
    native_rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = native_rp.tokens(browser)["id_token"]

    def leave(address: str) -> Any:
        query = {"id_token_hint": hint, "post_logout_redirect_uri": address}
        return browser.get("/end-session", query_string=query)

    assert "Do you want to sign out?" in leave("http://127.0.0.1:51004/other").text
    assert leave("http://127.0.0.1:51004/bye").headers["Location"] == "http://127.0.0.1:51004/bye"
    assert leave("com.example.app://bye/now").headers["Location"] == "com.example.app://bye/now"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "metadata",
    [
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"require_pkce": False},
        {"profile": "fapi2"},
        {"grant_types": ["client_credentials"]},
        {"subject_type": "pairwise"},
        {"redirect_uris": ["myapp:/callback"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["com.example.app:callback"]},
        {"redirect_uris": ["com.example.app:///callback"]},
        {"redirect_uris": ["com.example.app://u@host/callback"]},
        {"redirect_uris": ["com.example.app:/a/../b"]},
        {"redirect_uris": ["com.example.app:/callback#x"]},
        {"redirect_uris": ["Com.Example.App:/callback"]},
        {"redirect_uris": ["com.example.app:/*"]},
        {"redirect_uris": ["http://127.0.0.2/cb"]},
        {"redirect_uris": ["http://rp.example/cb"]},
    ],
)
def test_native_client_that_breaks_its_rules_is_not_registered(
    provider: Flask, metadata: dict[str, Any]
) -> None:
    usual = {"application_type": "native", "redirect_uris": [APP], "grant_types": GRANTS}
    assert register(**usual)["token_endpoint_auth_method"] == "none"
    with pytest.raises(InvalidMetadata):
        register(**usual | metadata)


def test_native_client_registers_itself_within_the_hosts_of_its_token(
    provider: Flask, stranger: FlaskClient
) -> None:
    policy = Policy(redirect_hosts=("127.0.0.1", "com.example.app"))
    token, _ = tokens.issue("App Ltd", policy, uses=2, life=timedelta(days=1))
    headers = {"Authorization": f"Bearer {token}"}
    metadata = {"client_name": "App", "application_type": "native", "grant_types": GRANTS}
    good = metadata | {"redirect_uris": [APP, "http://127.0.0.1/cb"]}
    response = stranger.post("/register", json=good, headers=headers)
    assert response.status_code == 201, response.text
    assert response.get_json()["token_endpoint_auth_method"] == "none"
    bad = metadata | {"redirect_uris": ["com.evil.app:/cb"]}
    refused = stranger.post("/register", json=bad, headers=headers)
    assert refused.get_json()["error"] == "invalid_redirect_uri"
