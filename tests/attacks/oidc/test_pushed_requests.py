"""Attacks on pushed and signed requests: group PA of the catalogue."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from app.clock import now as clock
from app.database import db
from approvals.settings import Settings
from identity.oidc.clients.public_limits import PUSHED_IN_A_MINUTE
from identity.oidc.models import AuthorizationRequest, PushedRequest
from tests.attacks.oidc.evidence import codes
from tests.conftest import settings
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import RelyingParty, answer, register
from tests.identity.oidc.signing_party import FromNow, SigningParty, segment


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Calls to the loopback are let out, so that a call would be seen."""
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


@pytest.fixture
def published() -> Iterator[Publishing]:
    publishing = Publishing({})
    yield publishing
    publishing.close()


def error_of(response: Any) -> str:
    assert 400 <= response.status_code < 500
    return str(response.get_json()["error"])


def test_PA_01_authorize_refuses_expired_foreign_and_invented_request_uri(
    provider: Flask, fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    uri = fapi_rp.push().get_json()["request_uri"]
    foreign = SigningParty(provider.test_client())
    assert browser.get(foreign.with_uri(uri)).status_code == 400
    assert browser.get(fapi_rp.with_uri(uri + "x")).status_code == 400
    with time_machine.travel(clock() + timedelta(seconds=61)):
        assert browser.get(fapi_rp.with_uri(uri)).status_code == 400


def test_PA_02_par_refuses_request_without_client_authentication(fapi_rp: SigningParty) -> None:
    response = fapi_rp.http.post("/par", data=fapi_rp.parameters())
    assert response.status_code == 401


def test_PA_02_par_refuses_client_id_of_another_client(
    provider: Flask, rp: RelyingParty, fapi_rp: SigningParty
) -> None:
    other = SigningParty(provider.test_client())
    parameters = fapi_rp.parameters() | {"client_id": other.client_id}
    assert fapi_rp.post("/par", parameters).status_code == 401
    unproven = rp.http.post("/par", data=parameters, headers={"Authorization": rp.basic("wrong")})
    assert unproven.status_code == 401


def test_PA_03_par_refuses_request_uri(fapi_rp: SigningParty) -> None:
    assert error_of(fapi_rp.push(request_uri="urn:x")) == "invalid_request"


def test_PA_04_authorize_refuses_plain_request_of_client_that_must_push(
    provider: Flask, browser: FlaskClient
) -> None:
    rp = RelyingParty(provider.test_client(), register(require_pushed_authorization_requests=True))
    plain = browser.get(rp.request())
    assert plain.status_code == 400
    assert "Location" not in plain.headers
    assert codes() == 0
    parameters = dict(parse_qsl(urlsplit(rp.request()).query))
    uri = rp.post("/par", parameters).get_json()["request_uri"]
    query = {"client_id": rp.client_id, "request_uri": uri}
    assert "code" in answer(browser.get("/authorize", query_string=query))


def test_PA_05_authorize_uses_pushed_parameters_alone(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    told = answer(browser.get(fapi_rp.request() + "&state=other&scope=email&nonce=z"))
    assert told["state"] == "st-1"
    assert fapi_rp.redeem(told["code"]).get_json()["scope"] == "openid profile offline_access"


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"nbf": None},
        {"exp": FromNow(-10)},
        {"nbf": FromNow(120)},
        {"nbf": FromNow(-3700)},
        {"exp": FromNow(3700)},
        {"aud": "https://other.example"},
        {"aud": None},
        {"iss": "client-x"},
        {"client_id": "client-x"},
        {"request": "x"},
        {"request_uri": "urn:x"},
    ],
)
def test_PA_06_PA_07_wrong_request_object_is_refused(
    signing_rp: SigningParty, change: dict[str, Any]
) -> None:
    response = signing_rp.push_signed(signing_rp.request_object(**change))
    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_request_object"


@pytest.mark.parametrize("missing", ["exp", "iss", "aud"])
def test_PA_06_request_object_without_aud_or_exp_is_refused(provider: Flask, missing: str) -> None:
    rp = SigningParty(provider.test_client(), profile="baseline")
    assert rp.push_signed(rp.request_object(nbf=None)).status_code == 201
    without: dict[str, Any] = {"nbf": None, missing: None}
    response = rp.push_signed(rp.request_object(**without))
    assert error_of(response) == "invalid_request_object"


def test_PA_06_request_object_signed_by_another_key_is_refused(signing_rp: SigningParty) -> None:
    for wrong in (
        signing_rp.request_object(key=ECKey.generate_key("P-256")),
        signing_rp.request_object(key=RSAKey.generate_key(2048), alg="RS256"),
        "eyJhbGciOiJub25lIn0.e30.",
    ):
        assert signing_rp.push_signed(wrong).get_json()["error"] == "invalid_request_object"


def test_PA_06_request_object_signed_with_public_key_as_secret_is_refused(
    signing_rp: SigningParty,
) -> None:
    claims = signing_rp.request_object().split(".")[1]
    head = segment(json.dumps({"alg": "HS256", "typ": "oauth-authz-req+jwt"}).encode())
    signed = f"{head}.{claims}"
    for text in (signing_rp.key.as_pem(private=False), signing_rp.key.as_der(private=False)):
        forged = f"{signed}.{segment(hmac.digest(text, signed.encode(), 'sha256'))}"
        assert error_of(signing_rp.push_signed(forged)) == "invalid_request_object"


def test_PA_07_request_object_beside_client_id_of_another_client_is_refused(
    provider: Flask, browser: FlaskClient
) -> None:
    unpushed = {
        "profile": "baseline",
        "require_pushed_authorization_requests": False,
        "dpop_bound_access_tokens": False,
    }
    rp, other = (SigningParty(provider.test_client(), **unpushed) for _ in range(2))
    query = {"client_id": other.client_id, "request": rp.request_object(scope="openid")}
    response = browser.get("/authorize", query_string=query)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert codes() == 0


def test_PA_08_request_uri_of_the_web_is_not_fetched(
    rp: RelyingParty, browser: FlaskClient, published: Publishing
) -> None:
    for address in (published.address, "https://rp.example/object", "file:///etc/passwd"):
        told = rp.authorize(browser, request_uri=address)
        assert told["error"] == "request_uri_not_supported"
    pushed = rp.post("/par", {"request_uri": published.address})
    assert error_of(pushed) == "invalid_request"
    assert published.asked == 0


def test_par_and_authorize_store_no_unknown_parameters(
    public_rp: RelyingParty, stranger: FlaskClient
) -> None:
    """Anybody may push as a public client, and may post to the authorization endpoint."""
    made = parse_qs(urlsplit(public_rp.request()).query)
    junk = {f"x{number}": "a" * 8000 for number in range(40)}
    assert public_rp.http.post("/par", data=made | junk).status_code == 201
    assert stranger.post("/authorize", data=made | junk).status_code == 303
    for table in (PushedRequest, AuthorizationRequest):
        (kept,) = db.session.scalars(select(table.parameters))
        assert set(kept) == set(made)


def test_request_without_client_authentication_is_limited_to_4096_characters(
    public_rp: RelyingParty, stranger: FlaskClient
) -> None:
    fits = public_rp.request(state="s" * 2000, nonce="n" * 1500)
    too_long = public_rp.request(state="s" * 2000, nonce="n" * 1500, login_hint="l" * 500)
    assert "error" not in answer(stranger.get(fits))
    assert answer(stranger.get(too_long))["error"] == "invalid_request"
    made = parse_qs(urlsplit(too_long).query)
    assert error_of(public_rp.http.post("/par", data=made)) == "invalid_request"
    encoded = {"state": "é" * 700}
    assert error_of(public_rp.http.post("/par", data=made | encoded)) == "invalid_request"


def test_request_pushed_by_confidential_client_is_limited_to_16384_characters(
    rp: RelyingParty,
) -> None:
    made = dict(parse_qsl(urlsplit(rp.request(state="s" * 8000, nonce="n" * 7000)).query))
    assert rp.post("/par", made).status_code == 201
    assert error_of(rp.post("/par", made | {"login_hint": "l" * 1400})) == "invalid_request"


def test_public_client_pushes_are_limited_by_minute(
    public_rp: RelyingParty, fapi_rp: SigningParty
) -> None:
    made = parse_qs(urlsplit(public_rp.request()).query)
    statuses = [
        public_rp.http.post("/par", data=made).status_code for _ in range(PUSHED_IN_A_MINUTE)
    ]
    assert set(statuses) == {201}
    refused = public_rp.http.post("/par", data=made)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert fapi_rp.push().status_code == 201
    elsewhere = {"REMOTE_ADDR": "192.0.2.77"}
    assert public_rp.http.post("/par", data=made, environ_base=elsewhere).status_code == 201
