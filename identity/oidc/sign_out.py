"""Signing out at the request of a relying party, or on its page."""

from __future__ import annotations

from app.audit import record
from app.database import writing
from identity.oidc.clients.store import RelyingParty
from identity.sessions.actions import end_session
from identity.sessions.active_session import ActiveSession


def sign_out(session: ActiveSession, client: RelyingParty | None) -> None:
    """End the session. client: the client whose valid hint named it."""
    with writing():
        record(
            "service.signed_out",
            subject=session.account.subject,
            client=client.client_id if client else None,
            service=client.service if client else None,
            sid=session.sid,
        )
        end_session(session, cause="sign-out")
