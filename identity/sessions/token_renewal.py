"""A new token for the session that stays while the person's other sessions end.

A copy of its cookie in another browser is the same session. It ends with the others only if the
token changes (OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level
Change").

The replaced token opens nothing. It can only sign out, for `STILL_SIGNS_OUT`: a person who signs
out while another request of theirs renews the session has signed out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from app.clock import now
from app.context import request_values
from app.database import CompiledStatement, UtcDateTime, db
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from identity.sessions.active_session import find_by_token
from identity.sessions.models import ReplacedToken, Session

STILL_SIGNS_OUT = timedelta(seconds=30)
_KEEP = CompiledStatement(
    insert(ReplacedToken).from_select(
        ["token_hash", "session_id", "replaced_at"],
        select(Session.token_hash, Session.id, bindparam("at", type_=UtcDateTime())).where(
            Session.id == bindparam("session"), Session.ended_at.is_(None)
        ),
    )
)


@dataclass(frozen=True)
class RenewedToken:
    """New token of a session. It counts once the transaction that stored its hash commits."""

    session_id: int
    token: str


def renew_token(session_id: int) -> None:
    """Replace the token of the session; the response to this request carries the new one.

    Must run inside `writing()`.
    """
    renewed, at = RenewedToken(session_id, new_secret()), now()
    keep_replaced_token(session_id, at)
    db.session.execute(
        update(Session)
        .where(Session.id == session_id, Session.ended_at.is_(None))
        .values(token_hash=secret_hash(renewed.token), token_issued_at=at)
    )
    request_values().renewed_token = renewed


def keep_replaced_token(session_id: int, at: datetime) -> None:
    """Keep the present token of a session that is about to get another one.

    Must run inside `writing()`, after the account was locked.
    """
    _KEEP.run(session=session_id, at=at)


def expired() -> list[Expired]:
    """Return the replaced tokens that sign out no more."""
    return [Expired(ReplacedToken, ReplacedToken.replaced_at < now() - STILL_SIGNS_OUT)]


def find_renewed_token(session_id: int) -> str | None:
    """Return the new token of the session if this request has renewed it, else None.

    A renewal whose transaction was rolled back counts as none.
    """
    values = request_values()
    if "renewed_token" not in values:
        return None
    renewed: RenewedToken = values.renewed_token
    if renewed.session_id != session_id:
        return None
    found = find_by_token(secret_hash(renewed.token))
    return renewed.token if found is not None and found.id == session_id else None
