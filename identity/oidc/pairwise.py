"""Subject identifiers: the `sub` by which a client knows a person (OpenID Connect Core, 8).

A public client: by the person's own, which is the same everywhere. A pairwise one: by a value that
no other sector can connect with it, made of both with a salt that only the provider knows.
"""

from __future__ import annotations

import hmac
import secrets

from joserfc.util import urlsafe_b64encode
from sqlalchemy import select

from app.database import db, writing
from app.database.single_use import insert_unless_present
from app.vault import decrypt, encrypt
from identity.oidc.cache import cache
from identity.oidc.clients.store import RelyingParty
from identity.oidc.models import PairwiseSalt

_PURPOSE = "pairwise-salt"
_add = insert_unless_present(PairwiseSalt)


def subject_for(client: RelyingParty, subject: str) -> str:
    """Return the client's name for the person whose own subject this is."""
    if client.sector is None:
        return subject
    digest = hmac.digest(_salt(), f"{client.sector}\n{subject}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode()


def _salt() -> bytes:
    return cache().get("pairwise salt", _load)


def _load() -> bytes:
    """Load the salt, made when first needed; the one row decides between several makers."""
    sealed = _read_sealed_salt()
    if sealed is None:
        fresh = encrypt(secrets.token_hex(32), purpose=_PURPOSE)
        with writing():
            _add(id=1, sealed=fresh)
        sealed = _read_sealed_salt() or fresh
    return bytes.fromhex(decrypt(sealed, purpose=_PURPOSE))


def _read_sealed_salt() -> str | None:
    found: str | None = db.session.scalar(select(PairwiseSalt.sealed))
    return found
