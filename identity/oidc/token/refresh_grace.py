"""A refresh whose response was lost: the same successor again, for ten seconds and three times.

Rotation alone takes a lost response for theft and signs the person out. Within the client's
`refresh_token_grace` a used token therefore gives the successor that it gave before, as long as
that one has not been used. The successor is derived from the token with a key of this server, so it
is stored nowhere. The client proves itself, or the key that its tokens are bound to (RT-02). The
reasons are in decision 0042.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from joserfc.util import urlsafe_b64encode
from sqlalchemy import bindparam, exists, update
from sqlalchemy.orm import aliased

from app.database import Change, CompiledStatement
from app.identifiers import secret_hash
from app.vault import tag
from identity.oidc.clients.store import RelyingParty
from identity.oidc.models import RefreshToken
from identity.oidc.token_families import FamilyOfRefreshToken

MOST_RETRIES = 3

_Successor = aliased(RefreshToken)
_RETRY = CompiledStatement(
    update(RefreshToken)
    .where(
        RefreshToken.id == bindparam("identifier"),
        RefreshToken.retries < MOST_RETRIES,
        exists().where(
            _Successor.token_hash == bindparam("successor"),
            _Successor.used_at.is_(None),
            _Successor.expires_at > bindparam("at"),
        ),
    )
    .values(retries=RefreshToken.retries + 1)
)


def successor_of(token: str) -> str:
    """Return 256 bits that only this server can derive from the token."""
    raw = tag(token, purpose="refresh-token-successor")
    return urlsafe_b64encode(raw).decode()


def may_be_lost(client: RelyingParty, row: FamilyOfRefreshToken, at: datetime) -> bool:
    """Return whether this use of a used token may be a retry.

    It comes soon enough, from an authenticated client or the holder of the key.
    """
    grace = timedelta(seconds=client.refresh_token_grace)
    proves_itself = client.confidential or row.bound_to is not None
    return bool(grace) and proves_itself and at - (row.used_at or at) <= grace


def retry_of(row: FamilyOfRefreshToken, successor: str, at: datetime) -> Change:
    """Return the claim of one of the few retries, in vain once the successor has been used."""
    return _RETRY.with_values(identifier=row.token_id, successor=secret_hash(successor), at=at)
