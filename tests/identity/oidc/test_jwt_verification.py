"""Signed tokens of clients, checked without a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import (
    PublicKey,
    VerificationFailed,
    VerifiedJwt,
    claims_before_proof,
    public_key,
    verify_jwt,
)
from tests.identity.oidc.signing_party import Key, segment, sign

KEY = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)


def public(key: Key, **members: str) -> PublicKey:
    return public_key(key.as_dict(private=False) | members)


def verified(text: str, *, key: PublicKey | None = None) -> VerifiedJwt:
    return verify_jwt(text, algs=SIGNING_ALGS, keys=lambda _: [key or public(KEY)])


def with_header(header: str) -> str:
    """Return a token with this text for a header."""
    return ".".join([segment(header.encode()), *sign({}, KEY).split(".")[1:]])


def test_verify_jwt_returns_header_and_claims() -> None:
    token = verified(sign({"sub": "x"}, KEY, kid="k1", more={"of": "it"}))
    assert token == VerifiedJwt({"alg": "ES256", "kid": "k1", "more": {"of": "it"}}, {"sub": "x"})


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{}\n", "{}+", "{}/"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_verify_jwt_refuses_other_spellings_of_base64url(part: int, spelling: str) -> None:
    parts = sign({"sub": "x"}, KEY).split(".")
    parts[part] = spelling.format(parts[part])
    with pytest.raises(VerificationFailed):
        verified(".".join(parts))


def test_verify_jwt_refuses_another_last_character_of_the_same_signature() -> None:
    # 64 bytes leave four bits of the last character unused.
    text = sign({"sub": "x"}, KEY)
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    following = other[other.index(text[-1]) + 1]
    assert verified(text).claims == {"sub": "x"}
    with pytest.raises(VerificationFailed):
        verified(text[:-1] + following)


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"ES256","alg":"ES256"}',
        '{"alg":"ES256","x":NaN}',
        '{"alg":"ES256","x":' + "[" * 2_000 + "]" * 2_000 + "}",
        '["ES256"]',
        "null",
    ],
)
def test_claims_before_proof_refuses_a_header_that_is_no_strict_object(header: str) -> None:
    with pytest.raises(VerificationFailed):
        claims_before_proof(with_header(header))


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"b64": True}, {"b64": False}],
)
def test_verify_jwt_refuses_critical_extensions(header: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed):
        verified(sign({"sub": "x"}, KEY, **header))


def test_verify_jwt_accepts_every_algorithm_of_a_key_whose_alg_is_another() -> None:
    key = public(RSA, alg="RS256")
    assert verified(sign({"sub": "x"}, RSA, alg="PS256"), key=key).claims == {"sub": "x"}


def test_verify_jwt_refuses_a_token_that_is_too_long() -> None:
    with pytest.raises(VerificationFailed):
        verified(sign({"sub": "x" * 16_384}, KEY))


def test_verify_jwt_refuses_a_payload_that_is_no_object() -> None:
    text = sign({}, KEY)
    head, _, signature = text.split(".")
    with pytest.raises(VerificationFailed):
        verified(f"{head}.{segment(json.dumps([1]).encode())}.{signature}")
