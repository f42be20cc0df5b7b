"""Making signatures with a key of ours (RFC 7518, section 3)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

Sign = Callable[[bytes], bytes]
_NUMBER = 32
"""Bytes of each of the two numbers that an ES256 signature is."""


def signer(alg: str, key: RSAKey | ECKey | OKPKey) -> Sign:
    """Sign with the private half, which has to be there."""
    private = key.get_op_key("sign")
    if isinstance(private, EllipticCurvePrivateKey):
        return _es256(private)
    algorithm = JWSRegistry.algorithms[alg]
    return lambda text: bytes(algorithm.sign(text, key))


def _es256(private: EllipticCurvePrivateKey) -> Sign:
    """Return the signing function of ES256, which prepares key and algorithm once."""
    method = ECDSA(SHA256())

    def sign(text: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(text, method))
        return r.to_bytes(_NUMBER, "big") + s.to_bytes(_NUMBER, "big")

    return sign
