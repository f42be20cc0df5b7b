"""A refresh whose answer was lost: RT-02 of the catalogue, and what bounds the grace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from app.clock import now
from identity.oidc.client_administration import actions
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, answer, register
from tests.identity.oidc.signing_party import SigningParty

SECONDS = 10


@pytest.fixture
def patient_rp(provider: Flask) -> RelyingParty:
    """A client whose registration names no grace."""
    registration = actions.register(
        {
            "client_name": "Reports",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
        },
        grant_types=tuple(GRANT_TYPES),
    )
    assert registration["refresh_token_grace"] == SECONDS
    return RelyingParty(provider.test_client(), registration)


def renewed(rp: RelyingParty, token: str) -> dict[str, Any]:
    response = rp.refresh(token)
    assert response.status_code == 200, response.get_data(as_text=True)
    body: dict[str, Any] = response.get_json()
    return body


def test_RT_02_retry_within_the_grace_returns_the_same_successor(
    patient_rp: RelyingParty, browser: FlaskClient
) -> None:
    first = patient_rp.tokens(browser)["refresh_token"]
    lost = renewed(patient_rp, first)
    with time_machine.travel(now() + timedelta(seconds=SECONDS - 2)):
        again = renewed(patient_rp, first)
    assert again["refresh_token"] == lost["refresh_token"]
    assert renewed(patient_rp, again["refresh_token"])["refresh_token"] != lost["refresh_token"]


def test_RT_01_retry_after_the_grace_ends_the_family(
    patient_rp: RelyingParty, browser: FlaskClient
) -> None:
    first = patient_rp.tokens(browser)["refresh_token"]
    successor = renewed(patient_rp, first)["refresh_token"]
    with time_machine.travel(now() + timedelta(seconds=SECONDS + 1)):
        assert patient_rp.refresh(first).get_json()["error"] == "invalid_grant"
    assert patient_rp.refresh(successor).get_json()["error"] == "invalid_grant"


def test_RT_02_use_of_the_successor_ends_the_grace(
    patient_rp: RelyingParty, browser: FlaskClient
) -> None:
    first = patient_rp.tokens(browser)["refresh_token"]
    successor = renewed(patient_rp, first)["refresh_token"]
    newest = renewed(patient_rp, successor)["refresh_token"]
    assert patient_rp.refresh(first).get_json()["error"] == "invalid_grant"
    assert patient_rp.refresh(newest).get_json()["error"] == "invalid_grant"


def test_RT_02_retries_within_the_grace_are_limited(
    patient_rp: RelyingParty, browser: FlaskClient
) -> None:
    first = patient_rp.tokens(browser)["refresh_token"]
    statuses = [patient_rp.refresh(first).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 400]


def test_RT_01_first_reuse_without_a_grace_ends_the_family(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    first = rp.tokens(browser)["refresh_token"]
    renewed(rp, first)
    assert rp.refresh(first).get_json()["error"] == "invalid_grant"


def test_refresh_token_grace_of_public_client_needs_its_key(
    provider: Flask, browser: FlaskClient, public_rp: RelyingParty
) -> None:
    bare = RelyingParty(
        provider.test_client(),
        register(token_endpoint_auth_method="none", refresh_token_grace=SECONDS),
    )
    first = bare.tokens(browser)["refresh_token"]
    renewed(bare, first)
    assert bare.refresh(first).get_json()["error"] == "invalid_grant"

    bound = SigningParty(
        provider.test_client(),
        profile="baseline",
        token_endpoint_auth_method="none",
        refresh_token_grace=SECONDS,
    )
    code = answer(browser.get(RelyingParty.request(bound)))["code"]
    first = _public(bound, grant_type="authorization_code", code=code)["refresh_token"]
    lost = _public(bound, grant_type="refresh_token", refresh_token=first)
    assert _public(bound, grant_type="refresh_token", refresh_token=first) | {
        "access_token": "",
        "id_token": "",
    } == lost | {"access_token": "", "id_token": ""}
    other = ECKey.generate_key("P-256")
    refused = _public(bound, other, grant_type="refresh_token", refresh_token=first)
    assert refused["error"] == "invalid_grant"


def _public(rp: SigningParty, key: ECKey | None = None, **given: str) -> dict[str, Any]:
    """A token request of a public client, with a proof."""
    form = {
        "client_id": rp.client_id,
        "redirect_uri": rp.registration["redirect_uris"][0],
        "code_verifier": rp.verifier.text,
        **given,
    }
    headers = {"DPoP": rp.proof("/token", key=key)}
    body: dict[str, Any] = rp.http.post("/token", data=form, headers=headers).get_json()
    return body
