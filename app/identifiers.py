"""Identifiers that may be seen outside, and secrets that may not."""

import hashlib
import secrets

import uuid_utils


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562, section 5.7): fit for a name, never for a secret."""
    return str(uuid_utils.uuid7())


def new_secret() -> str:
    """Return 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return the stored form of a high-entropy secret: SHA-256 in hexadecimal, without salt.

    Only for secrets that `new_secret` made; what a person chose goes through argon2id.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
