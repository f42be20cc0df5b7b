"""Profile fapi2: pushed requests, signed assertions, proofs (FAPI 2.0 Security Profile)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.test import TestResponse

from app.clock import now as clock
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.jwt_verification import public_key, thumbprint
from tests.identity.oidc.relying_party import ISSUER, answer, header
from tests.identity.oidc.signing_party import FromNow, SigningParty


def error_of(response: Any) -> str:
    assert 400 <= response.status_code < 500
    return str(response.get_json()["error"])


def test_fapi2_client_signs_a_person_in(fapi_rp: SigningParty, browser: FlaskClient) -> None:
    told = answer(browser.get(fapi_rp.request()))
    assert told["iss"] == ISSUER
    assert told["state"] == "st-1"
    tokens = fapi_rp.redeem(told["code"]).get_json()
    assert tokens["token_type"] == "DPoP"
    assert header(tokens["id_token"])["alg"] == "PS256"
    assert fapi_rp.verified(tokens["id_token"])["nonce"] == "n-1"
    bound = fapi_rp.verified(tokens["access_token"])["cnf"]["jkt"]
    assert bound == thumbprint(public_key(fapi_rp.proof_key.as_dict(private=False)))
    assert fapi_rp.userinfo(tokens["access_token"]).get_json()["name"] == "Ada Byron"


@pytest.mark.parametrize("alg", ["PS256", "EdDSA"])
def test_algorithms_of_the_profile_are_all_accepted(
    provider: Flask, browser: FlaskClient, alg: str
) -> None:
    key = RSAKey.generate_key(2048) if alg == "PS256" else OKPKey.generate_key("Ed25519")
    rp = SigningParty(
        provider.test_client(),
        jwks={"keys": [key.as_dict(private=False)]},
        id_token_signed_response_alg=alg,
        access_token_signed_response_alg=alg,
    )
    response = rp.post(
        "/par", rp.parameters() | {"client_assertion": rp.assertion(key=key, alg=alg)}
    )
    code = answer(browser.get(rp.with_uri(response.get_json()["request_uri"])))["code"]
    tokens = rp.post(
        "/token",
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": rp.registration["redirect_uris"][0],
            "code_verifier": rp.verifier.text,
            "client_assertion": rp.assertion(key=key, alg=alg),
        },
    ).get_json()
    assert header(tokens["id_token"])["alg"] == header(tokens["access_token"])["alg"] == alg
    assert rp.verified(tokens["id_token"])["at_hash"]


def test_refresh_token_of_fapi2_client_stays_and_accepts_a_new_key(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    refresh_token = fapi_rp.tokens(browser)["refresh_token"]
    fapi_rp.proof_key = ECKey.generate_key("P-256")
    assert fapi_rp.refresh(refresh_token).status_code == 200
    again = fapi_rp.refresh(refresh_token)
    assert "refresh_token" not in again.get_json()
    assert fapi_rp.userinfo(again.get_json()["access_token"]).status_code == 200


def test_refresh_token_without_client_authentication_is_refused(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": fapi_rp.tokens(browser)["refresh_token"],
        "client_id": fapi_rp.client_id,
    }
    response = fapi_rp.http.post("/token", data=form, headers={"DPoP": fapi_rp.proof("/token")})
    assert error_of(response) == "invalid_client"


def test_token_endpoint_refuses_fapi2_client_without_proof(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    code = fapi_rp.code(browser)
    data = {"grant_type": "authorization_code", "code": code, "code_verifier": "x"}
    response = fapi_rp.post("/token", data, headers={"DPoP": None})
    assert error_of(response) == "invalid_request"


def test_authorize_refuses_a_request_that_was_not_pushed(
    provider: Flask, fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    query = {"client_id": fapi_rp.client_id, **fapi_rp.parameters()}
    response = browser.get("/authorize", query_string=query)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"dpop_bound_access_tokens": False},
        {"require_pushed_authorization_requests": False},
        {"require_pkce": False},
        {"id_token_signed_response_alg": "RS256"},
        {"token_endpoint_auth_signing_alg": "RS256"},
        {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
        {"jwks": {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}},
        {"jwks": {"keys": [{"kty": "RSA", "e": "AQAB", "n": "x" * 171}]}},
        {"jwks": {"keys": []}},
        {"jwks": None},
        {"jwks_uri": "https://rp.example/jwks"},
    ],
)
def test_registration_cannot_weaken_the_profile(provider: Flask, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata):
        SigningParty(provider.test_client(), **change)


class TestAssertions:
    def test_assertion_with_clock_eight_seconds_ahead_is_accepted(
        self, fapi_rp: SigningParty
    ) -> None:
        assertion = fapi_rp.assertion(iat=FromNow(8), nbf=FromNow(8))
        data = fapi_rp.parameters() | {"client_assertion": assertion}
        assert fapi_rp.post("/par", data).status_code == 201

    def test_assertion_of_baseline_client_may_name_the_token_endpoint(
        self, provider: Flask
    ) -> None:
        rp = SigningParty(provider.test_client(), profile="baseline")
        for audience in (f"{ISSUER}/token", [ISSUER], ISSUER):
            data = {"grant_type": "client_credentials"}
            given = data | {"client_assertion": rp.assertion(aud=audience)}
            assert rp.post("/token", given).status_code == 200


class TestProofs:
    def test_token_endpoint_refuses_two_proofs(self, fapi_rp: SigningParty) -> None:
        both = f"{fapi_rp.proof('/token')}, {fapi_rp.proof('/token')}"
        data = {"grant_type": "client_credentials"}
        response = fapi_rp.post("/token", data, headers={"DPoP": both})
        assert error_of(response) == "invalid_dpop_proof"

    def test_proof_with_equivalent_htu_and_further_claims_is_accepted(
        self, fapi_rp: SigningParty, browser: FlaskClient
    ) -> None:
        token = fapi_rp.tokens(browser)["access_token"]
        for htu in ("http://LOCALHOST:8000/userinfo?x=1#y", f"{ISSUER}/userinfo"):
            proof = fapi_rp.proof(
                "/userinfo", method="GET", token=token, htu=htu, iat=FromNow(-10), more="x", nbf=1
            )
            assert fapi_rp.userinfo(token, DPoP=proof).status_code == 200

    def test_bearer_token_is_refused_with_the_scheme_dpop(
        self, rp: Any, fapi_rp: SigningParty, browser: FlaskClient
    ) -> None:
        assert fapi_rp.userinfo(rp.tokens(browser)["access_token"]).status_code == 401

    def test_par_refuses_dpop_jkt_of_another_key_than_the_proof(
        self, fapi_rp: SigningParty
    ) -> None:
        assert error_of(fapi_rp.push(dpop_jkt="x" * 43)) == "invalid_dpop_proof"
        assert error_of(fapi_rp.push(dpop_jkt="short")) == "invalid_request"


class TestNonces:
    @pytest.fixture
    def nonce_rp(self, provider: Flask) -> SigningParty:
        return SigningParty(provider.test_client(), dpop_nonce_required=True)

    def test_proof_without_nonce_is_refused_with_a_nonce(
        self, nonce_rp: SigningParty, browser: FlaskClient
    ) -> None:
        refused = nonce_rp.push()
        assert error_of(refused) == "use_dpop_nonce"
        nonce = refused.headers["DPoP-Nonce"]
        pushed = nonce_rp.post(
            "/par", nonce_rp.parameters(), headers={"DPoP": nonce_rp.proof("/par", nonce=nonce)}
        )
        assert pushed.status_code == 201
        code = answer(browser.get(nonce_rp.with_uri(pushed.get_json()["request_uri"])))["code"]
        redemption = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": nonce_rp.registration["redirect_uris"][0],
            "code_verifier": nonce_rp.verifier.text,
        }
        assert error_of(nonce_rp.post("/token", redemption)) == "use_dpop_nonce"
        proof = nonce_rp.proof("/token", nonce=nonce)
        tokens = nonce_rp.post("/token", redemption, headers={"DPoP": proof})
        assert tokens.status_code == 200
        assert tokens.headers["DPoP-Nonce"]
        access_token = tokens.get_json()["access_token"]
        at_resource = nonce_rp.userinfo(access_token)
        assert at_resource.status_code == 401
        assert 'error="use_dpop_nonce"' in at_resource.headers["WWW-Authenticate"]
        proof = nonce_rp.proof(
            "/userinfo", method="GET", token=access_token, nonce=at_resource.headers["DPoP-Nonce"]
        )
        assert nonce_rp.userinfo(access_token, DPoP=proof).status_code == 200

    def test_assertion_is_accepted_again_after_a_nonce_was_required(
        self, nonce_rp: SigningParty
    ) -> None:
        data = nonce_rp.parameters() | {"client_assertion": nonce_rp.assertion()}
        nonce = nonce_rp.post("/par", data).headers["DPoP-Nonce"]

        def again() -> TestResponse:
            proof = nonce_rp.proof("/par", nonce=nonce)
            return nonce_rp.post("/par", data, headers={"DPoP": proof})

        assert again().status_code == 201
        assert error_of(again()) == "invalid_client"

    @pytest.mark.parametrize("nonce", ["", "made-up", 7, ["x"], "\ud800"])
    def test_proof_with_foreign_nonce_is_refused(
        self, fapi_rp: SigningParty, nonce: object
    ) -> None:
        refused = fapi_rp.post(
            "/par", fapi_rp.parameters(), headers={"DPoP": fapi_rp.proof("/par", nonce=nonce)}
        )
        assert error_of(refused) in {"use_dpop_nonce", "invalid_dpop_proof"}

    def test_proof_with_old_nonce_is_refused(self, nonce_rp: SigningParty) -> None:
        start = clock()
        with time_machine.travel(start, tick=False):
            nonce = nonce_rp.push().headers["DPoP-Nonce"]
        for minutes, status in ((0, 201), (1, 201), (2, 400)):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                proof = nonce_rp.proof("/par", nonce=nonce)
                pushed = nonce_rp.post("/par", nonce_rp.parameters(), headers={"DPoP": proof})
                assert pushed.status_code == status

    def test_response_to_client_without_nonces_has_none(self, fapi_rp: SigningParty) -> None:
        assert "DPoP-Nonce" not in fapi_rp.push().headers


class TestPushedRequests:
    def test_par_returns_request_uri_and_lifetime(self, fapi_rp: SigningParty) -> None:
        response = fapi_rp.push()
        body = response.get_json()
        assert response.status_code == 201
        assert response.headers["Cache-Control"] == "no-store"
        assert body["expires_in"] == 60
        assert len(body["request_uri"]) > len("urn:ietf:params:oauth:request_uri:") + 40

    def test_pushed_request_opens_twice_and_gives_one_code(
        self, fapi_rp: SigningParty, browser: FlaskClient, stranger: FlaskClient
    ) -> None:
        address = fapi_rp.request()
        assert stranger.get(address).status_code in {302, 303}
        assert stranger.get(address).status_code in {302, 303}
        assert "code" in answer(browser.get(address))
        assert browser.get(address).status_code == 400

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
            ({"redirect_uri": None}, "invalid_request"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"scope": "nothing"}, "invalid_scope"),
        ],
    )
    def test_par_refuses_an_invalid_request(
        self, fapi_rp: SigningParty, change: dict[str, Any], error: str
    ) -> None:
        assert error_of(fapi_rp.push(**change)) == error

    def test_par_accepts_post_only(self, fapi_rp: SigningParty) -> None:
        assert fapi_rp.http.put("/par").status_code == 405

    def test_par_accepts_every_client(self, rp: Any, browser: FlaskClient) -> None:
        data = {
            "redirect_uri": rp.registration["redirect_uris"][0],
            "response_type": "code",
            "scope": "openid",
            "code_challenge": rp.verifier.challenge,
            "code_challenge_method": "S256",
        }
        uri = rp.post("/par", data).get_json()["request_uri"]
        query = {"client_id": rp.client_id, "request_uri": uri}
        told = answer(browser.get("/authorize", query_string=query))
        assert rp.redeem(told["code"]).get_json()["token_type"] == "Bearer"

    def test_cancelled_request_returns_access_denied(
        self, fapi_rp: SigningParty, stranger: FlaskClient
    ) -> None:
        page = stranger.get(fapi_rp.request(), follow_redirects=True).get_data(as_text=True)
        assert 'name="cancel"' in page or "Cancel" in page
