"""Keys are made, rotated and retired; all workers know of it within a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import and_, select

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.metrics import Gauge
from app.refusal import RefusalError
from app.retention import Expired
from app.vault import encrypt
from identity.oidc.cache import RECHECK, raise_revision
from identity.oidc.keys.states import ALGS, State, algs_due, signing, signs_at, state
from identity.oidc.keys.store import PURPOSE, ring
from identity.oidc.models import SigningKey
from identity.settings import settings

RSA_BITS = 2048
GENERATORS: dict[str, Callable[[], RSAKey | ECKey | OKPKey]] = {
    "RS256": lambda: RSAKey.generate_key(RSA_BITS),
    "PS256": lambda: RSAKey.generate_key(RSA_BITS),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


def everything() -> list[SigningKey]:
    """Return all keys, the oldest first."""
    return list(db.session.scalars(select(SigningKey).order_by(SigningKey.id)))


def _ages() -> dict[str, float]:
    """Return for each algorithm the seconds since its active key began to sign."""
    at = now()
    active = {alg: signing(everything(), alg, at) for alg in ALGS}
    return {
        alg: (at - key.active_from).total_seconds()
        for alg, key in active.items()
        if key is not None and key.active_from is not None
    }


AGES = Gauge(
    "signing_key_age_seconds", "Time since the active signing key began to sign", _ages, label="alg"
)


def ensure() -> list[SigningKey]:
    """Make the missing keys: for each algorithm one that signs and one that comes next."""
    made: list[SigningKey] = []
    with writing():
        for alg in ALGS:
            if signing(everything(), alg, now()) is None:
                made.append(_make(alg, active_from=now()))
            made.extend(_ensure_next(alg))
        if made:
            raise_revision()
    return made


def rotate(algs: Iterable[str] = ALGS, *, at_once: bool = False) -> list[SigningKey]:
    """Rotate each algorithm: the next key begins to sign, and a new one is published behind it.

    It begins as soon as no verifier's copy of the key set can lack it, which is now, unless it was
    published only a moment ago; `at_once` does not wait (for a key that has become known).
    Returns the keys that sign from then on; where one was on its way already, that one.
    """
    rotated = []
    with writing():
        for alg in algs:
            key = _on_its_way(alg) or _next(alg) or _make(alg)
            rotated.append(_schedule(key, at_once=at_once))
        raise_revision()
    return rotated


def rotate_due() -> bool:
    """Rotate the keys that have signed for `signing_key_days`. The worker's work, never under way.

    Asks the kept keys first, so that asking costs no statement.
    """
    lifetime = timedelta(days=settings().signing_key_days)
    if not algs_due(ring().keys, lifetime, now()):
        return False
    with writing():
        # Locks the row: of two workers the second finds what the first has rotated.
        raise_revision()
        rotate(algs_due(everything(), lifetime, now()))
    return False


def retire(kid: str) -> SigningKey:
    """Retire a key at once: its signatures count no more. Raises RefusalError."""
    with writing():
        key = db.session.scalar(select(SigningKey).where(SigningKey.kid == kid))
        if key is None:
            raise RefusalError.of("unknown_key", f"There is no key {kid}.")
        match state(key, now()):
            case State.ACTIVE:
                rotate([key.alg], at_once=True)
            case State.NEXT:
                _let_its_predecessor_sign_on(key)
        key.withdrawn_at = now()
        key.retired_at = min(key.retired_at or now(), now())
        key.private_key = None
        _ensure_next(key.alg)
        raise_revision()
        record("signing_key.withdrawn", kid=kid, alg=key.alg)
    return key


def expired_private_halves() -> list[Expired]:
    """Return the private halves of keys that sign no more: nothing needs them."""
    done = [
        key.id
        for key in everything()
        if key.private_key and state(key, now()) in {State.GONE, State.WITHDRAWN}
    ]
    condition = and_(SigningKey.id.in_(done), SigningKey.private_key.is_not(None))
    return [Expired(SigningKey, condition, values={"private_key": None})]


def published_long_enough(key: SigningKey) -> datetime:
    """Return when the key may begin to sign."""
    return signs_at(key.published_at, _cache_time(), now())


def _schedule(key: SigningKey, *, at_once: bool) -> SigningKey:
    start = now() if at_once else published_long_enough(key)
    if key.active_from is not None and key.active_from <= start:
        return key
    for other in everything():
        still_signs = other.retired_at is None or other.retired_at > start
        if other.alg == key.alg and other.id != key.id and other.active_from and still_signs:
            other.retired_at = start
    key.active_from = start
    db.session.flush()
    _ensure_next(key.alg)
    record("signing_key.rotated", kid=key.kid, alg=key.alg, signs_from=start.isoformat())
    return key


def _let_its_predecessor_sign_on(key: SigningKey) -> None:
    """Extend the key that was to make way for one on its way, until another is due."""
    for other in everything():
        if other.alg == key.alg and other.retired_at == key.active_from:
            other.retired_at = None


def _ensure_next(alg: str) -> list[SigningKey]:
    return [] if _next(alg) else [_make(alg)]


def _on_its_way(alg: str) -> SigningKey | None:
    """Return a key whose time to sign is set and has not come."""
    waiting = (key for key in everything() if key.alg == alg and state(key, now()) is State.NEXT)
    return next((key for key in waiting if key.active_from is not None), None)


def _next(alg: str) -> SigningKey | None:
    waiting = (key for key in everything() if key.alg == alg and state(key, now()) is State.NEXT)
    return next((key for key in waiting if key.active_from is None), None)


def _cache_time() -> timedelta:
    """Return the age of the oldest copy of the key set in use, by verifiers or workers."""
    return timedelta(seconds=settings().jwks_max_age + 2 * RECHECK)


def _make(alg: str, *, active_from: datetime | None = None) -> SigningKey:
    pair = GENERATORS[alg]()
    kid = pair.thumbprint()
    described = {"kid": kid, "use": "sig", "alg": alg}
    key = SigningKey(
        kid=kid,
        alg=alg,
        private_key=encrypt(json.dumps(pair.as_dict(private=True) | described), purpose=PURPOSE),
        public_key=dict(pair.as_dict(private=False)) | described,
        active_from=active_from,
        published_at=now(),
    )
    db.session.add(key)
    db.session.flush()
    record("signing_key.made", kid=kid, alg=alg)
    return key
