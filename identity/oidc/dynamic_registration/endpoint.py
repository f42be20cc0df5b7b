"""POST /register (RFC 7591) and GET, PUT, DELETE /register/<client_id> (RFC 7592)."""

from __future__ import annotations

from app.actors import Actor, set_current_actor
from app.identifiers import secret_hash
from app.settings import settings
from app.strict_json import read_json
from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc.blueprint import blueprint
from identity.oidc.client_administration.actions import registration_response
from identity.oidc.clients import store
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.dynamic_registration import actions, tokens
from identity.oidc.errors import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    InvalidToken,
    NoToken,
    UnsupportedMediaType,
)
from identity.oidc.models import Client
from identity.oidc.refusals import ACCESS, REQUEST, record_refusal
from identity.oidc.responses import empty_response, json_response, protocol_endpoint

PATH = "/register"
NOT_SENT_BACK = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)
"""RFC 7592, 2.2: members of the response that a changed registration does not repeat."""


@blueprint.post(PATH)
@permit(anyone)
@protocol_endpoint
def register(request: Request) -> Response:
    """Register a client with an initial access token (RFC 7591)."""
    initial = tokens.find(_bearer(request))
    if initial is None:
        raise InvalidToken("The registration token is unknown, used up or expired")
    metadata = _metadata(request)
    set_current_actor(Actor("system", initial.public_id, f"the registration token {initial.note}"))
    try:
        answer, access_token = actions.register(initial, metadata)
    except actions.TokenUsedUp:
        raise InvalidToken("The registration token is used up") from None
    except InvalidMetadata as error:
        raise _refusal(error) from None
    return json_response({**answer} | _management(answer["client_id"], access_token), 201)


@blueprint.get(f"{PATH}/<client_id>")
@permit(anyone)
@protocol_endpoint
def read_registration(request: Request, client_id: str) -> Response:
    """Return the client's registration, without the secret, which is not known."""
    client, access_token = _authenticated_client(request, client_id)
    return json_response(registration_response(client) | _management(client_id, access_token))


@blueprint.put(f"{PATH}/<client_id>")
@permit(anyone)
@protocol_endpoint
def update_registration(request: Request, client_id: str) -> Response:
    """Update the registration of the client whose token the request carries (RFC 7592, 2.2)."""
    client, access_token = _authenticated_client(request, client_id)
    metadata = _metadata(request)
    _is_about(client, metadata)
    try:
        answer = actions.update(client, metadata)
    except InvalidMetadata as error:
        refusal = _refusal(error)
        if (known := store.find(client_id)) is not None:
            record_refusal(REQUEST, known, refusal, path=PATH)
        raise refusal from None
    return json_response({**answer} | _management(client_id, access_token))


@blueprint.delete(f"{PATH}/<client_id>")
@permit(anyone)
@protocol_endpoint
def delete_registration(request: Request, client_id: str) -> Response:
    """Delete the client and end its tokens; its history stays recorded."""
    client, _ = _authenticated_client(request, client_id)
    actions.delete(client)
    return empty_response(204)


def _bearer(request: Request) -> str:
    scheme, _, text = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise NoToken("A registration token is required")
    return text


def _metadata(request: Request) -> dict[str, object]:
    if request.media_type != "application/json":
        raise UnsupportedMediaType("Send application/json")
    try:
        metadata = read_json(request.body())
    except ValueError:
        raise InvalidClientMetadata("The metadata is not JSON.") from None
    if not isinstance(metadata, dict):
        raise InvalidClientMetadata("The metadata is not a JSON object.")
    return metadata


def _authenticated_client(request: Request, client_id: str) -> tuple[Client, str]:
    """Return the client whose own token the request carries, and that token (RFC 7592, 2)."""
    access_token = _bearer(request)
    client = actions.find_client(client_id, access_token)
    if client is None:
        error = InvalidToken("The registration access token is not this client's")
        if (known := store.find(client_id)) is not None:
            record_refusal(ACCESS, known, error, path=PATH)
        raise error
    set_current_actor(Actor("client", client.client_id, client.name))
    return client, access_token


def _refusal(error: InvalidMetadata) -> InvalidClientMetadata:
    kinds = (InvalidRedirectUri, InvalidClientMetadata)
    kind = next((kind for kind in kinds if kind.error == error.error), InvalidClientMetadata)
    return kind(str(error))


def _is_about(client: Client, metadata: dict[str, object]) -> None:
    """Check that the metadata is about this client (RFC 7592, 2.2)."""
    if metadata.get("client_id") != client.client_id:
        raise InvalidClientMetadata("client_id is not that of the address.")
    for member in NOT_SENT_BACK:
        if member in metadata:
            raise InvalidClientMetadata(f"{member} cannot be changed.")
    secret = metadata.get("client_secret")
    if secret is not None and secret_hash(str(secret)) != client.secret_hash:
        raise InvalidClientMetadata("client_secret is not the present one.")


def _management(client_id: str, access_token: str) -> dict[str, str]:
    return {
        "registration_access_token": access_token,
        "registration_client_uri": f"{settings().issuer}{PATH}/{client_id}",
    }
