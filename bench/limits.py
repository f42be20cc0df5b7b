"""What the processor allows at best: signatures and password hashes, with nothing around them."""

import time
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.low_level import Type
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

_PAYLOAD = b"x" * 400
_SECONDS = 1.0


def limits() -> dict[str, float]:
    """Operations per CPU-second of this process."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)
    hashed = hasher.hash("correct horse battery")
    return {
        "RS256 signature (2048)": _rate(
            lambda: rsa_key.sign(_PAYLOAD, padding.PKCS1v15(), SHA256())
        ),
        "ES256 signature": _rate(lambda: ec_key.sign(_PAYLOAD, ec.ECDSA(SHA256()))),
        "argon2id 19 MiB, t=2, p=1": _rate(lambda: hasher.verify(hashed, "correct horse battery")),
    }


def _rate(operation: Callable[[], object]) -> float:
    operation()
    count, started = 0, time.process_time()
    while time.process_time() - started < _SECONDS:
        operation()
        count += 1
    return count / (time.process_time() - started)
