"""Attacks on client authentication: group CA of the catalogue."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from identity.oidc.client_administration import actions
from identity.oidc.client_authentication.secret_throttle import FREE
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.oidc.signing_party import ASSERTION_TYPE, SigningParty

GRANT = {"grant_type": "client_credentials"}


def with_header(rp: RelyingParty, value: str, **more: str) -> Any:
    return rp.http.post("/token", data={**GRANT, **more}, headers={"Authorization": value})


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_CA_01_token_endpoint_answers_unknown_and_unproven_clients_alike(rp: RelyingParty) -> None:
    old = rp.basic()
    rp.secret = actions.rotate_secret(rp.client_id, overlap=timedelta())
    refused = [
        rp.http.post("/token", data=GRANT),
        with_header(rp, rp.basic("wrong")),
        with_header(rp, old),
        with_header(rp, basic("client-unknown:secret")),
    ]
    for response in refused:
        assert response.status_code == 401
        assert response.get_json() == {
            "error": "invalid_client",
            "error_description": "Client authentication failed",
        }
        assert response.headers["WWW-Authenticate"].startswith("Basic")
    assert rp.credentials().status_code == 200
    assert len(audited("client.not_authenticated")) == 4


def test_HC_06_secret_with_nul_is_a_wrong_secret(rp: RelyingParty) -> None:
    for text in ("a%00b:s", "a:s%00", "a\x00b:s"):
        assert with_header(rp, basic(text)).status_code == 401


@pytest.mark.parametrize(
    "header", [None, "Basic", "Basic ?", "Digest x", basic("only-a-name"), basic("client-x:wrong")]
)
def test_CA_11_failed_client_authentication_writes_a_bounded_number_of_audit_rows(
    rp: RelyingParty, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    for _ in range(FREE + 10):
        refused = rp.http.post("/token", data=GRANT, headers=headers)
        assert refused.status_code in {401, 429}
    assert len(audited("client.not_authenticated")) <= FREE + 1
    assert rp.credentials().status_code == 200


def test_CA_01_overlapping_secret_is_valid_until_its_end(rp: RelyingParty) -> None:
    old = rp.basic()
    rp.secret = actions.rotate_secret(rp.client_id, overlap=timedelta(hours=1))
    assert with_header(rp, old).status_code == 200
    assert rp.credentials().status_code == 200
    with time_machine.travel(now() + timedelta(hours=1, seconds=1)):
        assert with_header(rp, old).status_code == 401
        assert rp.credentials().status_code == 200


def test_CA_01_second_rotation_ends_the_overlap(rp: RelyingParty) -> None:
    first = rp.basic()
    actions.rotate_secret(rp.client_id, overlap=timedelta(hours=1))
    actions.rotate_secret(rp.client_id, overlap=timedelta(hours=1))
    assert with_header(rp, first).status_code == 401


def test_CA_02_token_endpoint_refuses_two_authentication_methods(rp: RelyingParty) -> None:
    assert rp.secret is not None
    both = with_header(rp, rp.basic(), client_id=rp.client_id, client_secret=rp.secret)
    assert both.status_code in {400, 401}
    assertion = with_header(
        rp,
        rp.basic(),
        client_assertion="a.b.c",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )
    assert assertion.status_code in {400, 401}
    for response in (both, assertion):
        assert "access_token" not in response.get_json()


def test_CA_03_token_endpoint_refuses_an_unregistered_method(
    rp: RelyingParty, other_rp: RelyingParty, public_rp: RelyingParty
) -> None:
    assert rp.secret is not None
    posted = {"client_id": rp.client_id, "client_secret": rp.secret}
    tries = [
        rp.http.post("/token", data={**GRANT, **posted}),
        rp.http.post("/token", data={**GRANT, "client_id": rp.client_id}),
        with_header(other_rp, other_rp.basic()),
        with_header(public_rp, basic(f"{public_rp.client_id}:x")),
        public_rp.http.post(
            "/token", data={**GRANT, "client_id": public_rp.client_id, "client_secret": "x"}
        ),
    ]
    for response in tries:
        assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_CA_04_broken_authorization_headers_are_refused_without_a_fault(
    rp: RelyingParty, other_rp: RelyingParty
) -> None:
    for value in (
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        basic("%ff:x"),
        basic(":"),
        basic(f"{rp.client_id}:"),
        basic("x" * 5000 + ":x"),
        "Bearer x",
        "Negotiate x",
    ):
        response = with_header(rp, value)
        assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client"), (
            value
        )
    mixed = with_header(rp, rp.basic(), client_id=other_rp.client_id)
    assert (mixed.status_code, mixed.get_json()["error"]) == (401, "invalid_client")
    assert with_header(rp, rp.basic(), client_id=rp.client_id).status_code == 200


def test_CA_11_guessed_secrets_are_throttled_and_the_client_is_served(
    provider: Flask, rp: RelyingParty
) -> None:
    attacker: FlaskClient = provider.test_client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    statuses = [
        attacker.post(
            "/token",
            data=GRANT,
            headers={"Authorization": rp.basic(f"guess{number}")},
            environ_overrides=elsewhere,
        ).status_code
        for number in range(60)
    ]
    assert statuses[:20] == [401] * 20
    assert set(statuses[20:]) == {429}
    assert rp.credentials().status_code == 200
    assert len(audited("client.not_authenticated")) == 20


def test_CA_11_right_signature_is_accepted_after_many_wrong_ones(provider: Flask) -> None:
    party = SigningParty(provider.test_client(), profile="baseline")
    form = {**GRANT, "client_assertion_type": ASSERTION_TYPE}
    statuses = [
        party.http.post(
            "/token",
            data={**form, "client_assertion": party.assertion(aud="https://other.example")},
        ).status_code
        for _ in range(30)
    ]
    assert statuses == [401] * 30
    assert len(audited("client.not_authenticated")) == 20
    right = party.http.post("/token", data={**form, "client_assertion": party.assertion()})
    assert right.status_code == 200
