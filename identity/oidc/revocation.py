"""POST /revoke (RFC 7009): a refresh token ends its family, an access token goes alone."""

from __future__ import annotations

from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import parameters
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication.authenticate import authenticate
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequest, NotForThisClient
from identity.oidc.refusals import ACCESS, record_refusal
from identity.oidc.responses import empty_response, protocol_endpoint
from identity.oidc.token_families import find_with_refresh_token
from identity.oidc.token_revocation import revoke_access_token, revoke_family
from identity.oidc.tokens import read_access_token


@blueprint.post("/revoke")
@permit(anyone)
@protocol_endpoint
def revoke(request: Request) -> Response:
    """Revoke the token and answer 200 in any case (RFC 7009, 2.2).

    Another client's token is left as it is.
    """
    form = parameters.from_form(request)
    form.refuse_repeated()
    client = authenticate(request, form)
    text = form.get("token")
    if text is None:
        raise InvalidRequest("token is missing")
    access_token = read_access_token(text)
    if access_token is None:
        _revoke_family(client, text)
    elif access_token.client_id == client.client_id:
        revoke_access_token(client, access_token)
    else:
        record_refusal(ACCESS, client, NotForThisClient(), grant=access_token.grant)
    return empty_response(200)


def _revoke_family(client: RelyingParty, text: str) -> None:
    family = find_with_refresh_token(text)
    if family is None:
        return
    if family.client_id != client.key:
        record_refusal(ACCESS, client, NotForThisClient(), grant=family.public_id)
        return
    revoke_family(client, family)
