"""Key objects as the endpoints use them, read once and kept by each worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.util import json_b64encode
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.vault import Undecipherable, decrypt
from identity.oidc.cache import cache
from identity.oidc.keys import states
from identity.oidc.models import SigningKey

KeyPair = RSAKey | ECKey | OKPKey
PURPOSE = "signing-key"
ID_TOKEN = "JWT"
ACCESS_TOKEN = "at+jwt"
LOGOUT_TOKEN = "logout+jwt"
INTROSPECTION = "token-introspection+jwt"
TYPES = (ID_TOKEN, ACCESS_TOKEN, LOGOUT_TOKEN, INTROSPECTION)
"""Values of `typ`: no token of one kind can be taken for another (RFC 8725, 3.11)."""


class SigningKeyRow(Protocol):
    """Columns of a stored key (`SigningKey`)."""

    kid: str
    alg: str
    private_key: str | None
    public_key: dict[str, str | list[str]]
    active_from: datetime | None
    retired_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, eq=False)
class HeldKey:
    """A key pair, or its public half where the private one has been removed."""

    kid: str
    alg: str
    key: KeyPair = field(repr=False)
    public: Mapping[str, object]
    active_from: datetime | None
    retired_at: datetime | None
    withdrawn_at: datetime | None

    def header(self, typ: str) -> dict[str, str]:
        """Return the header of each token of that type that this key signs."""
        return {"alg": self.alg, "typ": typ, "kid": self.kid}


@dataclass(frozen=True)
class KeyRing:
    """All keys. `by_header` finds key and type of a token by its encoded header, byte for byte."""

    keys: tuple[HeldKey, ...]
    by_header: dict[str, tuple[HeldKey, str]]


class _KeyPairs:
    """Key pairs of the ring, parsed once for all threads and revisions.

    Parsing an RSA key checks its primes, for a twentieth of a second. Keys that have left the ring
    are forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[tuple[str, str | None], KeyPair] = {}

    def of(self, rows: Sequence[SigningKeyRow]) -> list[KeyPair]:
        with self._lock:
            named = [((row.kid, row.private_key), row) for row in rows]
            self._read = {name: self._read.get(name) or _read(row) for name, row in named}
            return list(self._read.values())


_key_pairs = _KeyPairs()


def ring() -> KeyRing:
    """Return the cached key ring."""
    return cache().get("keys", _load)


def signing_key(alg: str) -> HeldKey:
    """Return the active key for this algorithm. Raises LookupError if `setup` never ran."""
    key = states.signing(ring().keys, alg, now())
    if key is None:
        raise LookupError(f"no active {alg} key: run `secure-access setup`")
    return key


def key_set() -> dict[str, object]:
    """Return the JWK Set: public halves of keys that sign, will sign or signed valid tokens.

    Told without the database as well.
    """
    at = now()
    keys = cache().published("keys", _load).keys
    return {"keys": [key.public for key in keys if states.published(key, at)]}


def readiness() -> str | None:
    """Return a sentence for `/readyz` where this process cannot sign."""
    try:
        keys, at = ring().keys, now()
    except Undecipherable:
        return "No encryption key opens the signing keys: check SECURE_ACCESS_ENCRYPTION_KEYS."
    missing = [alg for alg in states.ALGS if states.signing(keys, alg, at) is None]
    if missing:
        return f"There is no active signing key for {', '.join(missing)}: run secure-access setup."
    return None


def _load() -> KeyRing:
    found = db.session.execute(select(SigningKey.__table__).order_by(SigningKey.id)).all()
    rows = cast(Sequence[SigningKeyRow], found)
    keys = tuple(map(_key_from_row, rows, _key_pairs.of(rows)))
    return KeyRing(
        keys,
        {json_b64encode(key.header(typ)).decode(): (key, typ) for key in keys for typ in TYPES},
    )


def _key_from_row(row: SigningKeyRow, key: KeyPair) -> HeldKey:
    return HeldKey(
        kid=row.kid,
        alg=row.alg,
        key=key,
        public=row.public_key,
        active_from=row.active_from,
        retired_at=row.retired_at,
        withdrawn_at=row.withdrawn_at,
    )


def _read(row: SigningKeyRow) -> KeyPair:
    private = decrypt(row.private_key, purpose=PURPOSE) if row.private_key else None
    key = import_key(json.loads(private) if private else row.public_key)
    if not isinstance(key, KeyPair):
        raise TypeError(f"the signing key {row.kid} is none that signs")
    return key
