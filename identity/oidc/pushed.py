"""POST /par: pushed authorization requests (RFC 9126)."""

from __future__ import annotations

from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import parameters
from identity.oidc.authorize import pushed_requests
from identity.oidc.authorize.checks import run_checks
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication.authenticate import authenticate
from identity.oidc.clients.public_limits import admit_pushed_request
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidProof, InvalidRequest, NonceNeeded, OAuthError
from identity.oidc.lifetimes import PUSHED_REQUEST
from identity.oidc.parameters import Parameters
from identity.oidc.proof import dpop
from identity.oidc.refusals import REQUEST, record_refusal
from identity.oidc.responses import json_response, protocol_endpoint

PATH = "/par"


@blueprint.post(PATH)
@permit(anyone)
@protocol_endpoint
def par(request: Request) -> Response:
    """Run every check of authorize, and return its error at once."""
    form = parameters.from_form(request)
    form.refuse_repeated()
    client = authenticate(request, form)
    admit_pushed_request(client, request)
    try:
        authorization = _check_request(request, form, client)
    except NonceNeeded:
        raise
    except OAuthError as error:
        record_refusal(REQUEST, client, error)
        raise
    return json_response(
        {
            "request_uri": f"{parameters.PUSHED}{pushed_requests.store(authorization)}",
            "expires_in": int(PUSHED_REQUEST.total_seconds()),
        },
        201,
    )


def _check_request(
    request: Request, form: Parameters, client: RelyingParty
) -> RequestedAuthorization:
    if "request_uri" in form:
        raise InvalidRequest("request_uri cannot be pushed")
    authorization = RequestedAuthorization(_of_client(form, client), pushing=True)
    key = dpop.proven_by(client, request, path=PATH)
    authorization.proven_key = key.thumbprint if key is not None else None
    run_checks(authorization)
    if authorization.proven_key is not None and authorization.dpop_jkt != authorization.proven_key:
        raise InvalidProof("dpop_jkt names another key than the DPoP proof")
    return authorization


def _of_client(form: Parameters, client: RelyingParty) -> Parameters:
    """Return the request without the client's proof.

    An authenticated client need not name itself.
    """
    kept = [name for name in form if name not in _PROOFS and name != "client_id"]
    return form.only(kept).with_pair("client_id", client.client_id)


_PROOFS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
