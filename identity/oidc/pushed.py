"""POST /par: pushed authorization requests (RFC 9126)."""

from __future__ import annotations

from app.clock import now
from app.database import writing
from app.identifiers import new_secret, secret_hash
from app.purge import Expired
from app.web import anyone, permit
from app.web.call import Answer, call
from identity.oidc import parameters
from identity.oidc.authorize.asked import Asked
from identity.oidc.authorize.checks import check
from identity.oidc.blueprint import blueprint
from identity.oidc.clients.authentication import authenticate
from identity.oidc.clients.public_limits import admit_pushed_request
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidProof, InvalidRequest, NonceNeeded, OAuthError
from identity.oidc.machine import json_response, machine
from identity.oidc.models import PushedRequest
from identity.oidc.parameters import Parameters
from identity.oidc.policy import INTERACTION, PUSHED_REQUEST
from identity.oidc.proof import dpop
from identity.oidc.refusals import REQUEST, record_refusal

PATH = "/par"


@blueprint.post(PATH)
@permit(anyone)
@machine
def par() -> Answer:
    """Everything that authorize would check is checked here, and told to the client at once."""
    given = parameters.from_form(call())
    given.refuse_repeated()
    client = authenticate(call(), given)
    admit_pushed_request(client)
    try:
        asked = _checked(given, client)
    except NonceNeeded:
        raise
    except OAuthError as error:
        record_refusal(REQUEST, client, error)
        raise
    handle = new_secret()
    with writing() as session:
        session.add(
            PushedRequest(
                handle_hash=secret_hash(handle),
                client_id=client.key,
                parameters=asked.to_store(),
                signed=asked.signed,
                expires_at=now() + PUSHED_REQUEST,
            )
        )
    return json_response(
        {
            "request_uri": f"{parameters.PUSHED}{handle}",
            "expires_in": int(PUSHED_REQUEST.total_seconds()),
        },
        201,
    )


def _checked(given: Parameters, client: RelyingParty) -> Asked:
    if "request_uri" in given:
        raise InvalidRequest("request_uri cannot be pushed")
    asked = Asked(_of_client(given, client), pushing=True)
    key = dpop.proven_by(client, call(), path=PATH)
    asked.proven_key = key.thumbprint if key is not None else None
    check(asked)
    if asked.proven_key is not None and asked.dpop_jkt != asked.proven_key:
        raise InvalidProof("dpop_jkt names another key than the DPoP proof")
    return asked


def expired() -> list[Expired]:
    """Return requests that are older than a person may take to answer questions about one."""
    return [Expired(PushedRequest, PushedRequest.expires_at < now() - INTERACTION)]


def _of_client(given: Parameters, client: RelyingParty) -> Parameters:
    """Without what proves the client; a client that proved itself need not name itself again."""
    kept = [name for name in given if name not in _PROOFS and name != "client_id"]
    return given.only(kept).with_pair("client_id", client.client_id)


_PROOFS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
