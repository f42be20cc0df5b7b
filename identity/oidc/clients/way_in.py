"""The way in to a client: the address at which it starts a sign-in, else its home page."""

from __future__ import annotations

from app.settings import settings
from identity.oidc.json_types import Registration
from identity.oidc.redirects import with_parameters


def way_in(registration: Registration) -> str | None:
    """Return the address that leads a person into the client; None where it registered neither.

    `initiate_login_uri` is called with our issuer (OpenID Connect Core, 4).
    """
    address = registration.get("initiate_login_uri")
    if address is not None:
        return with_parameters(address, {"iss": settings().issuer})
    return registration.get("client_uri")
