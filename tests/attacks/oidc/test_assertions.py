"""Attacks with signed assertions: group CA of the catalogue, beside those with secrets."""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.retention import purge_expired
from identity.oidc.lifetimes import LONGEST_ASSERTION
from identity.oidc.models import UsedOnce
from tests.identity.oidc.relying_party import ISSUER
from tests.identity.oidc.signing_party import FromNow, SigningParty, segment, sign


def error_of(response: Any) -> str:
    assert 400 <= response.status_code < 500
    return str(response.get_json()["error"])


def refused(rp: SigningParty, assertion: str) -> bool:
    data = rp.parameters() | {"client_assertion": assertion}
    return error_of(rp.post("/par", data)) == "invalid_client"


def test_CA_02_par_refuses_two_authentication_methods(fapi_rp: SigningParty) -> None:
    headers = {"Authorization": "Basic eDp5"}
    response = fapi_rp.post("/par", fapi_rp.parameters(), headers=headers)
    assert error_of(response) == "invalid_request"


def test_CA_03_par_refuses_methods_other_than_the_registered_one(fapi_rp: SigningParty) -> None:
    named = {"client_id": fapi_rp.client_id, **fapi_rp.parameters()}
    for proof in ({}, {"client_secret": "secret"}):
        response = fapi_rp.http.post("/par", data=named | proof)
        assert error_of(response) == "invalid_client"


def test_CA_05_assertion_of_another_key_or_algorithm_is_refused(fapi_rp: SigningParty) -> None:
    stranger, rsa = ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
    for assertion in (
        fapi_rp.assertion(key=stranger),
        fapi_rp.assertion(key=rsa, alg="RS256"),
        "eyJhbGciOiJub25lIn0.e30.",
        "a.b.c",
        "bnVsbA.W10.AA",
        "x" * 20_000,
    ):
        data = fapi_rp.parameters() | {"client_assertion": assertion[:8000]}
        assert error_of(fapi_rp.post("/par", data)) == "invalid_client"


@pytest.mark.parametrize(
    "change",
    [
        {"aud": [ISSUER]},
        {"aud": f"{ISSUER}/par"},
        {"aud": f"{ISSUER}/token"},
        {"aud": "https://other.example"},
        {"aud": None},
        {"sub": None},
        {"sub": {"id": 1}},
        {"iss": "client-x"},
        {"exp": None},
        {"exp": FromNow(-300)},
        {"exp": FromNow(365 * 86400)},
        {"exp": 1e300},
        {"iat": FromNow(120)},
        {"nbf": FromNow(120)},
        {"iat": FromNow(365 * 86400)},
        {"iat": "today"},
        {"jti": None},
        {"jti": ["x"]},
    ],
)
def test_CA_06_CA_08_assertion_with_wrong_claim_is_refused(
    fapi_rp: SigningParty, change: dict[str, Any]
) -> None:
    data = fapi_rp.parameters() | {"client_assertion": fapi_rp.assertion(**change)}
    assert error_of(fapi_rp.post("/par", data)) == "invalid_client"


def test_CA_07_assertion_is_accepted_once(fapi_rp: SigningParty) -> None:
    data = fapi_rp.parameters() | {"client_assertion": fapi_rp.assertion()}
    assert fapi_rp.post("/par", data).status_code == 201
    assert error_of(fapi_rp.post("/par", data)) == "invalid_client"


@pytest.mark.parametrize(
    "change",
    [
        {"jti": "\ud800"},
        {"more": json.loads("[" * 400 + "]" * 400)},
        {"sub": "\udfff"},
        {"iss": "a\x00b"},
        {"jti": "a\x00b"},
    ],
    ids=["half-a-character", "depth", "half-a-subject", "nul-in-issuer", "nul-in-id"],
)
def test_CA_10_assertion_with_invalid_text_or_deep_claims_is_refused(
    fapi_rp: SigningParty, change: dict[str, Any]
) -> None:
    data = fapi_rp.parameters() | {"client_assertion": fapi_rp.assertion(**change)}
    assert error_of(fapi_rp.post("/par", data)) == "invalid_client"


def test_CA_10_assertion_with_kid_that_is_no_text_is_refused(fapi_rp: SigningParty) -> None:
    claims = {"iss": fapi_rp.client_id, "sub": fapi_rp.client_id}
    assertion = sign(claims, fapi_rp.key, kid=["k1"])
    data = fapi_rp.parameters() | {"client_assertion": assertion}
    assert error_of(fapi_rp.post("/par", data)) == "invalid_client"


def test_CA_05_assertion_signed_with_public_key_as_secret_is_refused(fapi_rp: SigningParty) -> None:
    public = fapi_rp.key.as_dict(private=False)
    texts = [
        fapi_rp.key.as_pem(private=False),
        fapi_rp.key.as_der(private=False),
        json.dumps(public).encode(),
    ]
    signed, _, _ = fapi_rp.assertion().rpartition(".")
    head = {"alg": "HS256", "kid": "k1"}
    body = f"{segment(json.dumps(head).encode())}.{signed.partition('.')[2]}"
    for text in texts:
        forged = f"{body}.{segment(hmac.digest(text, body.encode(), 'sha256'))}"
        assert refused(fapi_rp, forged)


def test_CA_05_assertion_without_signature_is_refused(fapi_rp: SigningParty) -> None:
    _, claims, signature = fapi_rp.assertion().split(".")
    for alg in ("none", "None", ""):
        head = segment(json.dumps({"alg": alg, "kid": "k1"}).encode())
        for forged in (f"{head}.{claims}.", f"{head}.{claims}.{signature}"):
            assert refused(fapi_rp, forged)


def test_CA_05_assertion_of_an_unregistered_algorithm_is_refused(provider: Flask) -> None:
    key = RSAKey.generate_key(2048)
    rp = SigningParty(
        provider.test_client(),
        profile="baseline",
        jwks={"keys": [key.as_dict(private=False)]},
        token_endpoint_auth_signing_alg="PS256",
    )
    form = {"grant_type": "client_credentials"}
    statuses = {
        alg: rp.post("/token", form | {"client_assertion": rp.assertion(key=key, alg=alg)})
        for alg in ("RS256", "PS256")
    }
    assert error_of(statuses["RS256"]) == "invalid_client"
    assert statuses["PS256"].status_code == 200


@pytest.mark.parametrize("audience", [[ISSUER, 7], [], [None], {ISSUER: 1}, 7])
def test_CA_06_assertion_whose_audience_is_no_text_is_refused(
    provider: Flask, audience: object
) -> None:
    rp = SigningParty(provider.test_client(), profile="baseline")
    form = {"grant_type": "client_credentials", "client_assertion": rp.assertion(aud=audience)}
    assert error_of(rp.post("/token", form)) == "invalid_client"


def test_CA_08_assertion_in_the_name_of_another_client_is_refused(
    provider: Flask, fapi_rp: SigningParty
) -> None:
    other = SigningParty(provider.test_client()).client_id
    changed: list[dict[str, Any]] = [{"sub": other}, {"iss": other}, {"iss": other, "sub": other}]
    for changes in changed:
        assert refused(fapi_rp, fapi_rp.assertion(**changes))


def test_CA_09_assertion_ids_are_stored_for_the_longest_lifetime(provider: Flask) -> None:
    rp = SigningParty(provider.test_client(), profile="baseline")
    form = {"grant_type": "client_credentials"}
    for days in range(1, 16):
        far = rp.assertion(exp=FromNow(days * 86_400))
        assert rp.post("/token", form | {"client_assertion": far}).status_code == 401
    assert kept_ids() == []
    for _ in range(3):
        good = rp.assertion(exp=FromNow(3600))
        answer = rp.post("/token", form | {"client_assertion": good}, headers={"DPoP": None})
        assert answer.status_code == 200
    longest = now() + LONGEST_ASSERTION
    assert len(kept_ids()) == 3
    assert all(until <= longest for until in kept_ids())
    with time_machine.travel(longest + timedelta(seconds=1)):
        purge_expired()
    assert kept_ids() == []


def kept_ids() -> list[datetime]:
    """Until when each id is remembered."""
    return list(db.session.scalars(select(UsedOnce.expires_at)))


def test_CA_10_assertion_that_is_no_token_is_refused(fapi_rp: SigningParty) -> None:
    for text in (
        "a.b.c",
        f"{segment(b'null')}.{segment(b'{}')}.{segment(b'x')}",
        f"{segment(b'{}')}.{segment(b'[]')}.{segment(b'x')}",
        f"{segment(b'[1]')}.{segment(b'7')}.",
        "..",
        "é.ü.ß",
    ):
        assert refused(fapi_rp, text), text


@pytest.mark.parametrize("length", [20_000, 300_000, 1_000_000, 2_000_000])
def test_CA_10_oversized_assertion_is_refused_and_the_client_still_served(
    fapi_rp: SigningParty, length: int
) -> None:
    data = fapi_rp.parameters() | {"client_assertion": "x" * length}
    response = fapi_rp.post("/par", data)
    assert response.status_code in {400, 401, 413}
    assert response.get_json()["error"] in {"invalid_client", "invalid_request"}
    assert fapi_rp.push().status_code == 201
