"""Password hashing: argon2id with OWASP's parameters, a few at a time, the same cost for nobody."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, current_app

from identity.settings import settings

# Long enough for any password manager and any phrase, short enough that hashing it costs nothing.
MAX_BYTES = 4096
_SLOTS = "identity.credentials.hashing"


def install(app: Flask, at_once: int) -> None:
    """Bound the memory that hashing may take in this process (LG-12)."""
    app.extensions[_SLOTS] = threading.BoundedSemaphore(at_once)


def normalised(password: str) -> str:
    """NFKC and nothing else (NIST SP 800-63B-4, 3.1.1.2): never trimmed, folded or cut."""
    return unicodedata.normalize("NFKC", password)


def too_long(password: str) -> bool:
    """Whether the password is over the limit, before or after normalisation."""
    return max(_size(password), _size(normalised(password))) > MAX_BYTES


def hash_password(password: str) -> str:
    """The hash to store; the parameters travel inside it."""
    with _slot():
        return _hasher().hash(_encoded(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; None costs the same and is never right."""
    if too_long(password):
        return False
    with _slot():
        try:
            _hasher().verify(stored or _nobodys_hash(*_parameters()), _encoded(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than the present ones."""
    return _hasher().check_needs_rehash(stored)


def _encoded(password: str) -> bytes:
    # A lone surrogate is no character that a keyboard sends; it must not become an error page.
    return normalised(password).encode("utf-8", "surrogatepass")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _parameters() -> tuple[int, int]:
    chosen = settings()
    return chosen.password_memory_kib, chosen.password_passes


def _hasher() -> PasswordHasher:
    return _hasher_of(*_parameters())


@lru_cache(maxsize=8)
def _hasher_of(memory_kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(
        time_cost=passes,
        memory_cost=memory_kib,
        parallelism=1,
        hash_len=32,
        salt_len=16,
        type=Type.ID,
    )


@lru_cache(maxsize=8)
def _nobodys_hash(memory_kib: int, passes: int) -> str:
    return _hasher_of(memory_kib, passes).hash(b"nobody has this password")


@contextmanager
def _slot() -> Iterator[None]:
    slots: threading.BoundedSemaphore = current_app.extensions[_SLOTS]
    with slots:
        yield
