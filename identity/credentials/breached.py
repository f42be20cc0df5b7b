"""Asking a Pwned Passwords range service whether a password has been in a breach.

Only the first five characters of a SHA-1 leave the house (k-anonymity), with padding so that the
size of the answer tells nothing. A service that cannot be asked does not stop people from
choosing a password: the list of common ones still stands, and the failure is logged.
"""

from __future__ import annotations

import hashlib

import structlog

from app.http_client import Unreachable, fetch
from identity.credentials.hashing import normalised
from identity.settings import settings

_SECONDS = 2.0
_MAX_BYTES = 256 * 1024

log = structlog.get_logger()


def is_breached(password: str) -> bool:
    """Return whether the range service knows the password.

    False where no service is set or it is down.
    """
    address = settings().breached_passwords_url
    if not address:
        return False
    digest = hashlib.sha1(
        normalised(password).encode("utf-8", "surrogatepass"), usedforsecurity=False
    ).hexdigest()
    prefix, suffix = digest[:5].upper(), digest[5:].upper()
    try:
        answer = _range(f"{address.rstrip('/')}/{prefix}")
    except (Unreachable, ValueError) as error:
        log.warning("breached passwords service not reached", error=type(error).__name__)
        return False
    for line in answer.splitlines():
        found, _, count = line.partition(":")
        if found.strip().upper() == suffix:
            # Padding lines carry the count 0.
            return count.strip() not in {"", "0"}
    return False


def _range(address: str) -> str:
    response = fetch(
        "GET",
        address,
        headers={"Add-Padding": "true"},
        most_bytes=_MAX_BYTES,
        seconds=_SECONDS,
        from_settings=True,
    )
    if response.status != 200 or len(response.body) >= _MAX_BYTES:
        raise ValueError(f"status {response.status}, {len(response.body)} bytes")
    return response.body.decode("ascii", "replace")
