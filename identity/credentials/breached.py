"""Asking a Pwned Passwords range service whether a password has been in a breach.

Only the first five characters of a SHA-1 leave the house (k-anonymity), with padding so that the
size of the answer tells nothing. A service that cannot be asked does not stop people from
choosing a password: the list of common ones still stands, and the failure is logged.
"""

from __future__ import annotations

import hashlib
import ssl
from functools import lru_cache

import structlog

from app.settings import settings as app_settings
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
    import httpx

    digest = hashlib.sha1(
        normalised(password).encode("utf-8", "surrogatepass"), usedforsecurity=False
    ).hexdigest()
    prefix, suffix = digest[:5].upper(), digest[5:].upper()
    try:
        answer = _range(f"{address.rstrip('/')}/{prefix}")
    except (httpx.HTTPError, ValueError) as error:
        log.warning("breached passwords service not reached", error=type(error).__name__)
        return False
    for line in answer.splitlines():
        found, _, count = line.partition(":")
        if found.strip().upper() == suffix:
            # Padding lines carry the count 0.
            return count.strip() not in {"", "0"}
    return False


def _range(address: str) -> str:
    import httpx

    ca_file = app_settings().outbound_ca_file
    with (
        httpx.Client(
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
            verify=_trust(str(ca_file) if ca_file else None),
            headers={"Add-Padding": "true", "User-Agent": "secure-access"},
        ) as client,
        client.stream("GET", address) as response,
    ):
        response.raise_for_status()
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise ValueError("the answer is too long")
    return body.decode("ascii", "replace")


@lru_cache(maxsize=2)
def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
