"""Front-channel logout (OpenID Connect Front-Channel Logout 1.0).

The browser opens a page of each service in a frame, which ends the session there.
"""

from __future__ import annotations

from sqlalchemy import select

from app.database import db
from app.settings import settings
from identity.oidc.clients import store
from identity.oidc.models import TokenFamily
from identity.oidc.redirects import with_parameters
from identity.sessions.active_session import ActiveSession


def frames(session: ActiveSession) -> list[str]:
    """Return the logout addresses of the session's services, with `iss` and `sid` (section 2)."""
    keys = db.session.scalars(
        select(TokenFamily.client_id).where(TokenFamily.session_id == session.id).distinct()
    )
    named = {"iss": settings().issuer, "sid": session.sid}
    clients = [client for key in keys if (client := store.find_by_key(key)) is not None]
    return [
        with_parameters(client.frontchannel_logout_uri, named)
        for client in clients
        if client.frontchannel_logout_uri is not None
    ]
