"""A new token for the session that stays while the person's other sessions end.

A copy of its cookie in another browser is the same session. It ends with the others only if the
token changes (OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level
Change").
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from app.context import request_values
from app.database import db
from app.identifiers import new_secret, secret_hash
from identity.sessions.active_session import find_by_token
from identity.sessions.models import Session


@dataclass(frozen=True)
class RenewedToken:
    """New token of a session. It counts once the transaction that stored its hash commits."""

    session_id: int
    token: str


def renew_token(session_id: int) -> None:
    """Replace the token of the session; the response to this request carries the new one.

    Must run inside `writing()`.
    """
    renewed = RenewedToken(session_id, new_secret())
    db.session.execute(
        update(Session)
        .where(Session.id == session_id, Session.ended_at.is_(None))
        .values(token_hash=secret_hash(renewed.token))
    )
    request_values().renewed_token = renewed


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
