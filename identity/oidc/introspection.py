"""POST /introspect (RFC 7662)."""

from __future__ import annotations

from app.clock import now
from app.settings import settings
from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import delegation, parameters
from identity.oidc.bearer import VerifiedToken, entitlement, verify_access_token
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication.authenticate import confidential
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequest, InvalidToken, NotForThisClient
from identity.oidc.keys.store import INTROSPECTION
from identity.oidc.proof.binding import token_type
from identity.oidc.refusals import ACCESS, record_refusal
from identity.oidc.responses import json_response, jwt_response, protocol_endpoint
from identity.oidc.token_families import find_with_refresh_token
from identity.oidc.tokens import signed

SIGNED = f"application/{INTROSPECTION}"
"""Asked for in Accept, or by the client's registration (RFC 9701, 4 and 6)."""

INACTIVE: dict[str, object] = {"active": False}
"""The whole response for a token of another client or one that is not valid (RFC 7662, 2.2)."""


@blueprint.post("/introspect")
@permit(anyone)
@protocol_endpoint
def introspect(request: Request) -> Response:
    """Introspect a token for its own client, and for the client of the resource in its `aud`."""
    form = parameters.from_form(request)
    form.refuse_repeated()
    client = confidential(request, form)
    text = form.get("token")
    if text is None:
        raise InvalidRequest("token is missing")
    said = _access_token(client, text, request.path) or _refresh_token(client, text) or INACTIVE
    if client.introspection_alg is None and not request.accepts_by_name(SIGNED):
        return json_response(said)
    about = {
        "iss": settings().issuer,
        "aud": client.client_id,
        "iat": int(now().timestamp()),
        "token_introspection": said,
    }
    return jwt_response(signed(about, alg=_alg(client), typ=INTROSPECTION), INTROSPECTION)


def _alg(client: RelyingParty) -> str:
    """Return the algorithm of the response (RFC 9701, 6), by default RS256.

    The profile fapi2 has no RS256.
    """
    return client.introspection_alg or (client.access_token_alg if client.fapi else "RS256")


def _access_token(client: RelyingParty, text: str, path: str) -> dict[str, object] | None:
    try:
        verified = verify_access_token(text, asked_at=path)
    except InvalidToken:
        return None
    if not _may_ask(client, verified):
        record_refusal(ACCESS, client, NotForThisClient(), grant=verified.access_token.grant)
        return None
    if verified.family is not None and not _still_holds(verified):
        return None
    claims = verified.access_token.claims
    return {"active": True, "token_type": token_type(verified.binding), **claims}


def _still_holds(verified: VerifiedToken) -> bool:
    """Return whether the person may still enter; with an exchanged token, the target as well."""
    holds = entitlement(verified)
    if holds is None or verified.family is None or not verified.exchanged:
        return holds is not None
    target = delegation.target_client(verified.client, verified.access_token.audience)
    found = target and delegation.entitlement_at(target, holds.account, verified.family, now())
    return found is not None


def _may_ask(client: RelyingParty, verified: VerifiedToken) -> bool:
    if verified.client.key == client.key:
        return True
    return verified.access_token.audience in client.resources


def _refresh_token(client: RelyingParty, text: str) -> dict[str, object] | None:
    row = find_with_refresh_token(text)
    if row is None:
        return None
    if row.client_id != client.key:
        record_refusal(ACCESS, client, NotForThisClient(), grant=row.public_id)
        return None
    if row.ended_at is not None:
        record_refusal(ACCESS, client, InvalidToken(detail="family ended"), family=row)
        return None
    if row.used_at is not None or row.token_expires_at <= now():
        return None
    return {
        "active": True,
        "token_type": "refresh_token",
        "iss": settings().issuer,
        "client_id": client.client_id,
        "scope": row.scope,
        "iat": int(row.token_created_at.timestamp()),
        "exp": int(row.token_expires_at.timestamp()),
    }
