"""Clients register and manage themselves: RFC 7591 and RFC 7592."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.clock import now
from app.refusal import RefusalError
from identity.oidc.dynamic_registration import tokens
from identity.oidc.dynamic_registration.policy import Policy
from tests.identity.conftest import audited
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty

BYE = "https://rp.example/bye"
METADATA = {
    "client_name": "Timetables",
    "redirect_uris": [CALLBACK],
    "post_logout_redirect_uris": [BYE],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile",
}
TWO_WEEKS = timedelta(days=14)


def token(uses: int = 1, **policy: Any) -> str:
    return tokens.issue("Timetables Ltd", Policy(**policy), uses=uses, life=TWO_WEEKS)[0]


def register(http: FlaskClient, bearer: str | None, **changes: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return http.post("/register", json=METADATA | changes, headers=headers)


@pytest.fixture
def http(provider: Flask) -> FlaskClient:
    client: FlaskClient = provider.test_client()
    return client


@pytest.fixture
def registered(http: FlaskClient) -> dict[str, Any]:
    body: dict[str, Any] = register(http, token()).get_json()
    return body


def manage(
    http: FlaskClient, method: str, registered: dict[str, Any], body: dict[str, Any] | None = None
) -> TestResponse:
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    address = registered["registration_client_uri"].removeprefix("http://localhost:8000")
    return http.open(address, method=method, json=body, headers=headers)


def test_registered_client_signs_a_person_in(
    provider: Flask, http: FlaskClient, browser: FlaskClient
) -> None:
    response = register(http, token())
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert body["client_secret_expires_at"] == 0
    rp = RelyingParty(provider.test_client(), body)
    assert rp.verified(rp.tokens(browser)["id_token"])["aud"] == body["client_id"]
    row = audited("client.registered")[-1]
    assert row["actor"]
    assert body["client_secret"] not in str(row)
    assert body["registration_access_token"] not in str(row)


@pytest.mark.parametrize("bearer", [None, "invented", "x" * 9000])
def test_registration_refuses_request_without_initial_access_token(
    http: FlaskClient, bearer: str | None
) -> None:
    response = register(http, bearer)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_initial_access_token_registers_its_number_of_clients(http: FlaskClient) -> None:
    twice = token(uses=2)
    assert [register(http, twice).status_code for _ in range(3)] == [201, 201, 401]


def test_refused_registration_uses_no_part_of_the_token(http: FlaskClient) -> None:
    once = token()
    assert register(http, once, redirect_uris=["javascript:x"]).status_code == 400
    assert register(http, once).status_code == 201


def test_initial_access_token_ends_by_time_and_by_revocation(http: FlaskClient) -> None:
    late = token()
    with time_machine.travel(now() + TWO_WEEKS + timedelta(seconds=1)):
        assert register(http, late).status_code == 401
    revoked, identifier = tokens.issue("Else", Policy(), uses=1, life=TWO_WEEKS)
    tokens.revoke(identifier)
    assert register(http, revoked).status_code == 401
    with pytest.raises(RefusalError):
        tokens.revoke("invented")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uris": ["https://rp.example/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://rp.example/cb"}, "invalid_client_metadata"),
        ({"client_name": "\u201cquoted\u201d \\ \n"}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, "invalid_client_metadata"),
        ({"resources": ["https://api.example"]}, "invalid_client_metadata"),
        ({"service": "reports"}, "invalid_client_metadata"),
        ({"minimum_acr": "urn:secure-access:aal1"}, "invalid_client_metadata"),
        ({"minimum_acr": "urn:secure-access:aal3"}, "invalid_client_metadata"),
        ({"scope": "openid access"}, "invalid_client_metadata"),
        ({"scope": 7}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"default_max_age": 10**15}, "invalid_client_metadata"),
        ({"request_uris": 5}, "invalid_client_metadata"),
        ({"request_uris": [5]}, "invalid_client_metadata"),
    ],
)
def test_registration_refuses_metadata_beyond_rules_and_policy(
    http: FlaskClient, change: dict[str, Any], error: str
) -> None:
    response = register(http, token(), **change)
    assert response.status_code == 400
    assert response.get_json()["error"] == error
    said = response.get_json()["error_description"]
    assert said.isascii()
    assert said.isprintable()
    assert not set('"\\') & set(said)


def test_registration_accepts_the_service_and_scopes_of_the_policy_and_no_other_host(
    http: FlaskClient,
) -> None:
    wide = token(
        services=("reports",),
        scopes=("openid", "access"),
        grant_types=("authorization_code", "client_credentials"),
        redirect_hosts=("rp.example",),
    )
    asked = {"service": "reports", "scope": "openid access", "grant_types": ["client_credentials"]}
    elsewhere = ["https://rp.example.evil.example/cb"]
    assert register(http, wide, **asked, redirect_uris=elsewhere).status_code == 400
    assert register(http, wide, **asked).get_json()["service"] == "reports"


@pytest.mark.parametrize(
    ("member", "error"),
    [
        ("redirect_uris", "invalid_redirect_uri"),
        ("post_logout_redirect_uris", "invalid_redirect_uri"),
        ("client_uri", "invalid_client_metadata"),
        ("initiate_login_uri", "invalid_client_metadata"),
        ("frontchannel_logout_uri", "invalid_client_metadata"),
        ("backchannel_logout_uri", "invalid_client_metadata"),
        ("sector_identifier_uri", "invalid_client_metadata"),
        ("jwks_uri", "invalid_client_metadata"),
    ],
)
def test_registration_refuses_addresses_at_other_hosts(
    http: FlaskClient, member: str, error: str
) -> None:
    listed = member in METADATA
    elsewhere = "https://evil.example/there"
    response = register(
        http,
        token(redirect_hosts=("rp.example",)),
        **{member: [elsewhere] if listed else elsewhere},
    )
    assert response.status_code == 400
    assert response.get_json()["error"] == error
    assert "is at a host that is not this token" in response.get_json()["error_description"]


def test_registration_without_scopes_gets_those_of_the_policy(http: FlaskClient) -> None:
    body = register(http, token(scopes=("openid", "email")), scope=None).get_json()
    assert body["scope"] == "openid email"


def test_registration_applies_the_profile_of_the_policy(http: FlaskClient) -> None:
    strict = token(profile="fapi2")
    refused = register(http, strict)
    assert "jwks" in refused.get_json()["error_description"]
    assert register(http, strict, profile="baseline").status_code == 400


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b'{"default_max_age": NaN}', "application/json", 400),
        (b'{"default_max_age": 1e999}', "application/json", 400),
        (b'{"software_id": "a\\u0000b"}', "application/json", 400),
        (b"client_name=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_registration_refuses_a_body_that_is_no_json_object(
    http: FlaskClient, body: bytes, kind: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    assert http.post("/register", data=body, content_type=kind, headers=headers).status_code == (
        status
    )


def test_client_configuration_endpoint_returns_the_registration(
    http: FlaskClient, registered: dict[str, Any]
) -> None:
    response = manage(http, "GET", registered)
    assert response.status_code == 200
    body = response.get_json()
    assert "client_secret" not in body
    assert body == {name: registered[name] for name in body}


def test_client_configuration_endpoint_changes_the_registration(
    provider: Flask, http: FlaskClient, registered: dict[str, Any], browser: FlaskClient
) -> None:
    address = "https://rp.example/new"
    body = METADATA | {"client_id": registered["client_id"], "redirect_uris": [address]}
    response = manage(http, "PUT", registered, body)
    assert response.status_code == 200
    assert response.get_json()["redirect_uris"] == [address]
    assert "client_secret" not in response.get_json()
    rp = RelyingParty(provider.test_client(), registered | response.get_json())
    assert rp.userinfo(rp.tokens(browser)["access_token"]).status_code == 200
    assert audited("client.updated")[-1]["client_name"] == METADATA["client_name"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "client-other"},
        {"client_secret": "invented"},
        {"client_secret": "\ud800"},
        {"client_secret_expires_at": 0},
        {"registration_access_token": "x"},
        {"scope": "openid access"},
        {"service": "reports"},
        {"redirect_uris": []},
    ],
)
def test_client_configuration_endpoint_refuses_changes_beyond_rules_and_policy(
    http: FlaskClient, registered: dict[str, Any], change: dict[str, Any]
) -> None:
    body = METADATA | {"client_id": registered["client_id"]} | change
    assert manage(http, "PUT", registered, body).status_code == 400
    assert manage(http, "GET", registered).get_json()["scope"] == "openid profile"


def test_change_of_authentication_method_issues_or_removes_the_secret(
    http: FlaskClient, registered: dict[str, Any]
) -> None:
    public = METADATA | {
        "client_id": registered["client_id"],
        "token_endpoint_auth_method": "none",
    }
    assert "client_secret" not in manage(http, "PUT", registered, public).get_json()
    again = public | {"token_endpoint_auth_method": "client_secret_post"}
    fresh = manage(http, "PUT", registered, again).get_json()["client_secret"]
    assert fresh != registered["client_secret"]


def test_deleted_client_loses_its_registration_and_tokens(
    provider: Flask, http: FlaskClient, registered: dict[str, Any], browser: FlaskClient
) -> None:
    rp = RelyingParty(provider.test_client(), registered)
    access_token = rp.tokens(browser)["access_token"]
    assert manage(http, "DELETE", registered).status_code == 204
    assert rp.userinfo(access_token).status_code == 401
    assert manage(http, "GET", registered).status_code == 401


def test_registration_access_token_is_refused_for_another_client(
    http: FlaskClient, registered: dict[str, Any]
) -> None:
    other = register(http, token()).get_json()
    crossed = registered | {"registration_access_token": other["registration_access_token"]}
    for method in ("GET", "PUT", "DELETE"):
        response = manage(http, method, crossed, METADATA | {"client_id": other["client_id"]})
        assert response.status_code == 401
    assert manage(http, "GET", registered).status_code == 200


def test_client_configuration_endpoint_refuses_clients_of_operators(
    http: FlaskClient, rp: RelyingParty
) -> None:
    for bearer in ("", "x", rp.secret):
        headers = {"Authorization": f"Bearer {bearer}"}
        assert http.get(f"/register/{rp.client_id}", headers=headers).status_code == 401


def test_command_prints_the_initial_access_token_and_its_id(provider: Flask) -> None:
    run = provider.test_cli_runner().invoke
    issued = run(args=["registration-tokens", "issue", "Timetables Ltd"])
    assert tokens.find(issued.stdout.strip()) is not None
    token_id = issued.stderr.split()[-1]
    assert token_id in run(args=["registration-tokens", "list"]).output
    assert run(args=["registration-tokens", "revoke", token_id]).exit_code == 0
    assert tokens.find(issued.stdout.strip()) is None
