"""Signatures of every algorithm, made and verified with the registry."""

from __future__ import annotations

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import deserialize_compact, serialize_compact

from identity.oidc.jws_registry import REGISTRY, SIGNING_ALGS
from identity.oidc.jwt_verification import LARGEST_RSA
from identity.oidc.keys.states import ALGS
from tests.identity.oidc.signing_party import segment, sign

KEYS: dict[str, RSAKey | ECKey | OKPKey] = {
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
ENOUGH = 600
"""Signatures of which some have a number that begins with a zero byte: one in 128 does."""


@pytest.mark.parametrize("alg", ALGS)
def test_registry_verifies_what_a_key_signed(alg: str) -> None:
    for number in range(ENOUGH if alg == "ES256" else 2):
        text = serialize_compact({"alg": alg}, str(number), KEYS[alg], registry=REGISTRY)
        token = deserialize_compact(text, KEYS[alg], registry=REGISTRY)
        assert token.payload == str(number).encode()


@pytest.mark.parametrize("alg", ALGS)
def test_registry_refuses_a_changed_payload(alg: str) -> None:
    header, _, signature = serialize_compact(
        {"alg": alg}, "this", KEYS[alg], registry=REGISTRY
    ).split(".")
    with pytest.raises(JoseError):
        deserialize_compact(
            f"{header}.{segment(b'that')}.{signature}", KEYS[alg], registry=REGISTRY
        )


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "RS512"])
def test_registry_refuses_other_algorithms(alg: str) -> None:
    with pytest.raises(JoseError):
        serialize_compact({"alg": alg}, "this", OctKey.generate_key(256), registry=REGISTRY)


def test_registry_accepts_a_header_with_certificates() -> None:
    text = sign({"sub": "x"}, KEYS["PS256"], alg="PS256", x5c=["A" * 4_000])
    assert deserialize_compact(text, KEYS["PS256"], registry=REGISTRY).payload


def test_registry_accepts_the_signature_of_the_largest_rsa_key() -> None:
    REGISTRY.validate_signature_size(segment(bytes(LARGEST_RSA // 8)).encode())


def test_registry_has_every_algorithm_of_our_keys() -> None:
    assert set(ALGS) <= set(SIGNING_ALGS)
