"""Attacks on PKCE: group PK of the catalogue."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from identity.oidc.clients.metadata import InvalidMetadata
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import (
    RelyingParty,
    Verifier,
    register,
)
from tests.identity.people import Person


@pytest.mark.parametrize("require_pkce", [True, False])
def test_PK_01_authorize_requires_code_challenge_unless_registered_otherwise(
    provider: Flask, browser: FlaskClient, public_rp: RelyingParty, require_pkce: bool
) -> None:
    rp = RelyingParty(provider.test_client(), register(require_pkce=require_pkce))
    without = {"code_challenge": None, "code_challenge_method": None}
    told = rp.authorize(browser, **without)
    assert ("code" in told) is not require_pkce
    assert public_rp.authorize(browser, **without)["error"] == "invalid_request"
    with pytest.raises(InvalidMetadata):
        register(token_endpoint_auth_method="none", require_pkce=False)


def test_PK_02_wrong_verifiers_get_no_token_and_end_the_code(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for verifier in (None, "x" * 42, "x" * 129, "x" * 43, "ä" * 43, "x y" * 20):
        code = rp.code(browser)
        for _ in range(3):
            response = rp.redeem(code, code_verifier=verifier)
            assert response.status_code == 400
            assert response.get_json()["error"] == "invalid_grant"
        assert rp.redeem(code).get_json()["error"] == "invalid_grant"


def test_PK_02_code_ended_by_wrong_verifiers_is_recorded(
    public_rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    code = public_rp.code(browser)
    for _ in range(4):
        assert public_rp.redeem(code, code_verifier="x" * 43).status_code == 400
    (row,) = audited("token.ended")
    assert (row.subject, row.client) == (ada.subject, public_rp.client_id)
    assert row.detail["cause"] == "wrong code verifiers"


def test_PK_02_single_wrong_verifier_does_not_end_the_code(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    code = rp.code(browser)
    assert rp.redeem(code, code_verifier="x" * 43).status_code == 400
    assert rp.redeem(code).status_code == 200


def test_PK_03_verifier_without_challenge_is_refused(provider: Flask, browser: FlaskClient) -> None:
    rp = RelyingParty(provider.test_client(), register(require_pkce=False))
    code = rp.code(browser, code_challenge=None, code_challenge_method=None)
    assert rp.redeem(code).get_json()["error"] == "invalid_grant"


def test_PK_04_authorize_refuses_methods_other_than_S256(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for method in ("plain", None, "s256", "S512"):
        told = rp.authorize(browser, code_challenge_method=method)
        assert told["error"] == "invalid_request"
    for challenge in ("short", "x" * 44, "x" * 42 + "+", "x" * 42 + "="):
        assert rp.authorize(browser, code_challenge=challenge)["error"] == "invalid_request"


def test_PK_05_code_needs_the_verifier_of_its_own_request(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    stolen = rp.code(browser)
    rp.verifier = Verifier()
    rp.code(browser)
    assert rp.redeem(stolen).get_json()["error"] == "invalid_grant"
