"""Signatures that our keys make."""

from __future__ import annotations

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from identity.oidc.keys.signing import signer
from identity.oidc.keys.states import ALGS

KEYS: dict[str, RSAKey | ECKey | OKPKey] = {
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
ENOUGH = 600
"""Signatures of which some have a number that begins with a zero byte: one in 128 does."""


@pytest.mark.parametrize("alg", ALGS)
def test_what_a_key_signs_the_library_verifies(alg: str) -> None:
    sign, algorithm = signer(alg, KEYS[alg]), JWSRegistry.algorithms[alg]
    for text in (str(number).encode() for number in range(ENOUGH if alg == "ES256" else 2)):
        assert algorithm.verify(text, sign(text), KEYS[alg])
    assert not algorithm.verify(b"another", sign(b"this"), KEYS[alg])


def test_an_es256_signature_is_two_numbers_of_32_bytes() -> None:
    sign = signer("ES256", KEYS["ES256"])
    assert {len(sign(b"this")) for _ in range(ENOUGH)} == {64}
