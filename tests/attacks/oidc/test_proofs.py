"""Attacks on proofs of possession: group DP of the catalogue, and RT-04 for public clients."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from identity.oidc.jwt_verification import public_key, thumbprint
from tests.identity.oidc.relying_party import ISSUER, RelyingParty
from tests.identity.oidc.signing_party import FromNow, SigningParty, segment


def error_of(response: Any) -> str:
    assert 400 <= response.status_code < 500
    return str(response.get_json()["error"])


def test_DP_01_proof_is_accepted_once(fapi_rp: SigningParty) -> None:
    headers = {"DPoP": fapi_rp.proof("/token")}
    data = {"grant_type": "client_credentials"}
    assert fapi_rp.post("/token", data, headers=headers).status_code == 200
    assert error_of(fapi_rp.post("/token", data, headers=headers)) == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "change",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": f"{ISSUER}/par"},
        {"htu": 7},
        {"htu": "http://[x"},
        {"htu": None},
        {"iat": None},
        {"iat": FromNow(-600)},
        {"iat": FromNow(600)},
        {"jti": None},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"jwk": None}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"header": {"jwk": {"kty": "RSA", "e": "AQAB", "n": "x" * 342}}},
        {"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}},
        {"header": {"crit": ["x"]}},
    ],
)
def test_DP_02_DP_03_token_endpoint_refuses_wrong_proof(
    fapi_rp: SigningParty, change: dict[str, Any]
) -> None:
    proof = fapi_rp.proof("/token", **change)
    response = fapi_rp.post("/token", {"grant_type": "client_credentials"}, headers={"DPoP": proof})
    assert error_of(response) == "invalid_dpop_proof"


def test_DP_03_proof_with_private_key_is_refused(fapi_rp: SigningParty) -> None:
    jwk = fapi_rp.proof_key.as_dict(private=True)
    proof = fapi_rp.proof("/token", header={"jwk": jwk})
    response = fapi_rp.post("/token", {"grant_type": "client_credentials"}, headers={"DPoP": proof})
    assert error_of(response) == "invalid_dpop_proof"


def test_DP_04_code_is_redeemed_only_with_the_key_of_dpop_jkt(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    code = fapi_rp.code(browser)
    fapi_rp.proof_key = ECKey.generate_key("P-256")
    assert error_of(fapi_rp.redeem(code)) == "invalid_grant"


def test_DP_05_bound_token_is_refused_without_a_proof_of_its_key(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    token = fapi_rp.tokens(browser)["access_token"]
    other = ECKey.generate_key("P-256")
    refused = [
        fapi_rp.userinfo(token, Authorization=f"Bearer {token}"),
        fapi_rp.userinfo(token, DPoP=None),
        fapi_rp.userinfo(
            token, DPoP=fapi_rp.proof("/userinfo", method="GET", key=other, token=token)
        ),
        fapi_rp.userinfo(token, DPoP=fapi_rp.proof("/userinfo", method="GET", token="x")),
        fapi_rp.userinfo(token, DPoP=fapi_rp.proof("/userinfo", method="GET")),
    ]
    for response in refused:
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("DPoP ")


def test_DP_05_ended_bound_token_is_refused_with_dpop_challenge(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    token = fapi_rp.tokens(browser)["access_token"]
    fapi_rp.post("/revoke", {"token": token})
    challenge = fapi_rp.userinfo(token).headers["WWW-Authenticate"]
    assert challenge.startswith("DPoP ")
    assert 'error="invalid_token"' in challenge


def test_RT_04_refresh_token_of_public_client_is_bound_to_its_key(
    provider: Flask, browser: FlaskClient, public_rp: Any
) -> None:
    prover = SigningParty(provider.test_client())
    code = public_rp.code(browser, scope="openid offline_access")
    data = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": public_rp.registration["redirect_uris"][0],
        "code_verifier": public_rp.verifier.text,
    }
    tokens = public_rp.post("/token", data, headers={"DPoP": prover.proof("/token")}).get_json()
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    other = prover.proof("/token", key=ECKey.generate_key("P-256"))
    for headers in ({}, {"DPoP": other}):
        assert error_of(public_rp.post("/token", again, headers=headers)) == "invalid_grant"
    good = public_rp.post("/token", again, headers={"DPoP": prover.proof("/token")})
    assert good.get_json()["token_type"] == "DPoP"


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", ""])
def test_DP_03_unsigned_proof_is_refused(fapi_rp: SigningParty, alg: str) -> None:
    _, claims, signature = fapi_rp.proof("/token").split(".")
    jwk = fapi_rp.proof_key.as_dict(private=False)
    head = segment(json.dumps({"typ": "dpop+jwt", "alg": alg, "jwk": jwk}).encode())
    secret = json.dumps(jwk).encode()
    mac = segment(hmac.digest(secret, f"{head}.{claims}".encode(), "sha256"))
    for text in (f"{head}.{claims}.", f"{head}.{claims}.{signature}", f"{head}.{claims}.{mac}"):
        response = fapi_rp.post(
            "/token", {"grant_type": "client_credentials"}, headers={"DPoP": text}
        )
        assert error_of(response) == "invalid_dpop_proof"


def test_DP_04_code_with_dpop_jkt_is_not_redeemed_without_a_proof(
    rp: RelyingParty, provider: Flask, browser: FlaskClient
) -> None:
    prover = SigningParty(provider.test_client())
    key = thumbprint(public_key(prover.proof_key.as_dict(private=False)))
    code = rp.code(browser, dpop_jkt=key)
    assert error_of(rp.redeem(code)) == "invalid_grant"
    redemption = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.registration["redirect_uris"][0],
        "code_verifier": rp.verifier.text,
    }
    other = prover.proof("/token", key=ECKey.generate_key("P-256"))
    refused = rp.post("/token", redemption, headers={"DPoP": other})
    assert error_of(refused) == "invalid_grant"
    good = rp.post("/token", redemption, headers={"DPoP": prover.proof("/token")})
    assert good.get_json()["token_type"] == "DPoP"
