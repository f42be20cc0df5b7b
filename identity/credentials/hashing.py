"""Password hashing: argon2id with OWASP's parameters, a few at a time, the same cost for nobody."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.context import PerApplication
from app.metrics import Seconds
from identity.settings import settings

# Long enough for any password manager and any phrase, short enough that hashing it costs nothing.
MAX_BYTES = 4096
WAITS = Seconds("password_hash_wait", "Time that a password waited for its hash to begin")
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def _hash_threads() -> ThreadPoolExecutor:
    """Bound the memory that hashing may take in this process (LG-12).

    By threads of its own: a thread keeps what it took of the heap, so a limit on how many compute
    side by side would still let every thread of the server hold a hash's memory in turn.
    """
    threads = threads_for(settings().password_hashes_at_once)
    return ThreadPoolExecutor(threads, thread_name_prefix="hash")


def threads_for(at_once: int) -> int:
    """Return the number of threads that hash passwords: at most one for each processor.

    Two hashes on one processor evict each other's memory from its caches and take half as long
    again, and neither ends sooner than one after the other.
    """
    if hasattr(os, "sched_getaffinity"):
        return min(at_once, len(os.sched_getaffinity(0)))
    return min(at_once, os.cpu_count() or 1)


_threads = PerApplication("identity.credentials.hashing", _hash_threads)


def normalised(password: str) -> str:
    """Normalise by NFKC and nothing else (NIST SP 800-63B-4, 3.1.1.2): no trimming or folding."""
    return unicodedata.normalize("NFKC", password)


def too_long(password: str) -> bool:
    """Return whether the password is over the limit, before or after normalisation."""
    return max(_size(password), _size(normalised(password))) > MAX_BYTES


def hash_password(password: str) -> str:
    """Return the hash to store, which includes its parameters."""
    return _compute(_hasher().hash, _encode(password))


def verify(stored: str | None, password: str) -> bool:
    """Return whether the password is the stored one; None costs the same and is never right."""
    if too_long(password):
        return False
    compared_with = stored or _dummy_hash(*_parameters())
    try:
        _compute(_hasher().verify, compared_with, _encode(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Return whether the hash was made with other parameters than the present ones."""
    return _hasher().check_needs_rehash(stored)


def _encode(password: str) -> bytes:
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
def _dummy_hash(memory_kib: int, passes: int) -> str:
    return _hasher_of(memory_kib, passes).hash(b"nobody has this password")


def _compute(work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> _Made:
    asked_at = time.perf_counter()

    def run() -> _Made:
        WAITS.observe(time.perf_counter() - asked_at)
        return work(*given, **named)

    return _threads().submit(run).result()
