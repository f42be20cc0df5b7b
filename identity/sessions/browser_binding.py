"""One secret per browser, to which journeys are bound: a journey's address alone opens nothing."""

from __future__ import annotations

from app.identifiers import new_secret, secret_hash
from identity.sessions import cookies


def browser_hash() -> str | None:
    """Return the hash of this browser's secret, or None if it has none yet."""
    secret = cookies.read(cookies.BROWSER)
    return secret_hash(secret) if secret else None


def bound_browser() -> str:
    """Return the hash of this browser's secret, which is made and set if there is none yet."""
    known = browser_hash()
    if known is not None:
        return known
    secret = new_secret()
    cookies.write(cookies.BROWSER, secret)
    return secret_hash(secret)
