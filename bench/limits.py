"""Upper limits of the processor: signatures and password hashes, with nothing around them."""

import time
from collections.abc import Callable, Mapping

from argon2 import PasswordHasher
from argon2.low_level import Type
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

RS256 = "RS256 signature (2048 bits)"
ES256 = "ES256 signature"
ARGON2ID = "argon2id (19 MiB, t=2, p=1)"

_PAYLOAD = b"x" * 400
_PASSWORD = "correct horse battery"

Operation = Callable[[], object]


def operations() -> Mapping[str, Operation]:
    """Return operations, each of which does its work once."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)
    hashed = hasher.hash(_PASSWORD)
    return {
        RS256: lambda: rsa_key.sign(_PAYLOAD, padding.PKCS1v15(), SHA256()),
        ES256: lambda: ec_key.sign(_PAYLOAD, ec.ECDSA(SHA256())),
        ARGON2ID: lambda: hasher.verify(hashed, _PASSWORD),
    }


def rate(operation: Operation, *, seconds: float) -> float:
    """Return how often it can be done in one CPU-second of this process."""
    operation()
    count, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        operation()
        count += 1
    return count / (time.process_time() - started)
