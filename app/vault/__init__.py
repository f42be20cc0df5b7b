"""Encryption of what must be read again: authenticator secrets, signing keys, mails in waiting.

Each purpose has its own key, derived (HKDF, RFC 5869) from each key of the ring, so that a value
of one purpose can never be passed off as one of another. The first key encrypts, all decrypt.
"""

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import settings


class Undecipherable(RuntimeError):
    """No key of the ring opens the value: the ring lost a key, or the value was altered."""


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt text for one purpose under the ring's first key."""
    return _ring(purpose).encrypt(text.encode()).decode()


def decrypt(token: str, *, purpose: str) -> str:
    """Decrypt a value. Raises Undecipherable."""
    try:
        return _ring(purpose).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecipherable(f"no key of the ring opens this {purpose}") from error


def tag(text: str, *, purpose: str) -> bytes:
    """Return a tag of the text (HMAC-SHA256) with the ring's first key."""
    key = _derive(base64.b64decode(settings().encryption_keys[0].get_secret_value()), purpose)
    return hmac.digest(key, text.encode(), "sha256")


def _ring(purpose: str) -> MultiFernet:
    return _derive_keys(
        tuple(key.get_secret_value() for key in settings().encryption_keys), purpose
    )


@lru_cache(maxsize=64)
def _derive_keys(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derive(base64.b64decode(key), purpose)) for key in keys])


def _derive(key: bytes, purpose: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"secure-access {purpose}".encode())
    return base64.urlsafe_b64encode(kdf.derive(key))
