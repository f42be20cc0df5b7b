"""Grant type client_credentials: a service in its own name (RFC 6749, 4.4)."""

from __future__ import annotations

from app.clock import now
from app.database import commit_unit
from identity.oidc import scopes
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidScope, UnauthorizedClient
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding
from identity.oidc.token.grant_type import GrantType
from identity.oidc.token.issue import audience, issued_row, response_for_service


def redeem(
    client: RelyingParty, parameters: Parameters, binding: Binding | None
) -> dict[str, object]:
    """Issue an access token in the client's own name."""
    if not client.confidential:
        raise UnauthorizedClient
    granted = _granted_scopes(client, parameters)
    target = audience(client, parameters)
    response = response_for_service(
        client, granted=granted, audience=target, binding=binding, at=now()
    )
    commit_unit(
        issued_row(
            client,
            grant_type=GRANT.name,
            granted=granted,
            audience=target,
            service=client.service,
        )
    )
    return response


def _granted_scopes(client: RelyingParty, parameters: Parameters) -> list[str]:
    """Return the scopes that a service may have without a person; by default all registered."""
    of_services = scopes.of_services()
    own = [scope for scope in client.scopes if scope in of_services]
    wanted = scopes.split(parameters.get("scope"))
    if not set(wanted) <= set(own):
        raise InvalidScope
    return wanted or own


GRANT = GrantType(
    name="client_credentials",
    label="It uses its own credentials (client_credentials)",
    parameters=frozenset({"scope", "resource"}),
    redeem=redeem,
)
