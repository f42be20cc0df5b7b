"""POST /token (RFC 6749, 3.2)."""

from __future__ import annotations

from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import parameters
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication.authenticate import authenticate
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import (
    InvalidRequest,
    NonceNeeded,
    OAuthError,
    OnRecord,
    TooManyOfPublicClient,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from identity.oidc.parameters import Parameters
from identity.oidc.proof import certificate, dpop
from identity.oidc.proof.binding import Binding
from identity.oidc.refusals import TOKEN, record_refusal
from identity.oidc.responses import json_response, protocol_endpoint
from identity.oidc.token import (
    authorization_code,
    client_credentials,
    refresh_token,
    token_exchange,
)
from identity.oidc.token.grant_type import PATH, GrantType

GRANT_TYPES: dict[str, GrantType] = {
    grant.name: grant
    for grant in (
        authorization_code.GRANT,
        refresh_token.GRANT,
        client_credentials.GRANT,
        token_exchange.GRANT,
    )
}
"""All grant types: discovery, registration and this endpoint follow the list."""


@blueprint.post(PATH)
@permit(anyone)
@protocol_endpoint
def token(request: Request) -> Response:
    """Answer a token request by its grant type."""
    form = parameters.from_form(request)
    form.refuse_repeated()
    client = authenticate(request, form)
    try:
        grant = _grant_type(client, form)
        binding = _binding(request, client)
        return json_response(grant.redeem(client, form.only(grant.parameters), binding))
    except (OnRecord, NonceNeeded, TooManyOfPublicClient):
        # On record already, the way to a nonce, or a bound that keeps rows from being written.
        raise
    except OAuthError as error:
        grant_type = form.get("grant_type", "")[:100]
        record_refusal(TOKEN, client, error, grant_type=grant_type)
        raise


def _binding(request: Request, client: RelyingParty) -> Binding | None:
    """Return the key or certificate to bind to (RFC 9449, 5; RFC 8705, 3).

    Some clients get no tokens without one.
    """
    key = dpop.proven_by(client, request, path=PATH)
    if key is None and client.dpop_bound:
        # RFC 6749, 5.2: `invalid_dpop_proof` is for a proof that is there.
        raise InvalidRequest("This client sends a DPoP proof with each token request")
    if key is not None or not client.certificate_bound:
        return key
    binding = certificate.proven(request)
    if binding is None:
        raise InvalidRequest("This client shows its certificate with each token request")
    return binding


def _grant_type(client: RelyingParty, form: Parameters) -> GrantType:
    name = form.get("grant_type")
    if name is None:
        raise InvalidRequest("grant_type is missing")
    grant = GRANT_TYPES.get(name)
    if grant is None:
        raise UnsupportedGrantType
    if name not in client.grant_types:
        raise UnauthorizedClient
    return grant
