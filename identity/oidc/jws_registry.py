"""Algorithms and sizes of signed tokens, those of this provider and those of clients.

joserfc's own registry refuses long headers, which assertions with certificates have, and signatures
of RSA keys with 8192 bits; it also warns of the name EdDSA, which RFC 9864 replaces and verifiers
know.
"""

from __future__ import annotations

from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry

LONGEST = 16_384
"""Longest token that is read, in characters."""
SIGNING_ALGS = ("PS256", "ES256", "EdDSA", "RS256")
"""Algorithms that clients and this provider sign with, the ones for every profile first."""


class _Registry(JWSRegistry):
    max_header_length = LONGEST
    max_payload_length = LONGEST
    max_signature_length = LONGEST

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in SIGNING_ALGS:
            raise UnsupportedAlgorithmError(f"Algorithm of {name!r} is not supported")
        return self.algorithms[name]


REGISTRY = _Registry(strict_check_header=False)
"""For `joserfc.jws`. A token may have header parameters that nobody reads (RFC 7515, 4)."""
