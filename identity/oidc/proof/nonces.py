"""Nonces of DPoP proofs (RFC 9449, 8 and 9): made of the time with a key of ours.

Each process knows those of the others, nothing is stored, and none can be made ahead of its time.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from joserfc.util import urlsafe_b64encode

from app.clock import now
from app.vault import tag

HEADER = "DPoP-Nonce"
STEP = timedelta(minutes=1)
"""Time for which a nonce is given out; it is accepted for as long again."""


def new_nonce() -> str:
    """Return the nonce of the present step."""
    return _of_step(_step())


def is_valid_nonce(nonce: str) -> bool:
    """Return whether it was given out within this step or the one before."""
    given = nonce.encode(errors="replace")
    return any(hmac.compare_digest(given, _of_step(_step() - ago).encode()) for ago in (0, 1))


def _step() -> int:
    return int(now().timestamp() // STEP.total_seconds())


def _of_step(step: int) -> str:
    raw = tag(str(step), purpose="dpop-nonce")
    return urlsafe_b64encode(raw).decode()
