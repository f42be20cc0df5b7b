"""The browser of a request as a value, so that actions need no request."""

from __future__ import annotations

from dataclasses import dataclass

from identity.sessions.active_session import ActiveSession


@dataclass(frozen=True)
class Browser:
    """The browser of a request, as it was when the request arrived.

    network: as `client_network` returns it. secret_hash: hash of the secret to which journeys are
    bound, None before the browser has one. device_hash: hash of the known device's token.
    remembered_hash: hash of the remembered device's token. session: the active session. opens_page:
    whether the person opens a page, which counts as activity.
    """

    network: str
    user_agent: str
    secret_hash: str | None
    device_hash: str | None
    session: ActiveSession | None
    remembered_hash: str | None = None
    opens_page: bool = True
