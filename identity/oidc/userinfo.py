"""GET and POST /userinfo (OpenID Connect Core, 5.3)."""

from __future__ import annotations

from app.clock import now
from app.settings import settings
from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import scopes
from identity.oidc.bearer import entitlement, presented_token, require
from identity.oidc.blueprint import blueprint
from identity.oidc.claims import of_person
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidToken
from identity.oidc.keys.store import ID_TOKEN
from identity.oidc.pairwise import subject_for
from identity.oidc.responses import json_response, jwt_response, protocol_endpoint
from identity.oidc.tokens import signed


@blueprint.route("/userinfo", methods=["GET", "POST"])
@permit(anyone)
@protocol_endpoint
def userinfo(request: Request) -> Response:
    """Return the claims as they are now, not as they were when the token was issued."""
    verified = presented_token(request)
    require(verified, scopes.OPENID, "person", asked_at=request.path)
    holds = entitlement(verified)
    if holds is None or verified.family is None:
        raise InvalidToken(detail="no access any more")
    granted = set(verified.scopes)
    requested = verified.family.claims_requested.get("userinfo")
    claims = (
        holds.of_scopes(granted)
        | holds.requested_claims(verified.client, requested)
        | of_person(holds.account, granted, set())
        | {"sub": subject_for(verified.client, holds.account.subject)}
    )
    return _answer(verified.client, claims)


def _answer(client: RelyingParty, claims: dict[str, object]) -> Response:
    """Return JSON, or a signed response if the client registered for it (Core, 5.3.2)."""
    if client.userinfo_alg is None:
        return json_response(claims)
    about = {"iss": settings().issuer, "aud": client.client_id, "iat": int(now().timestamp())}
    return jwt_response(signed(claims | about, alg=client.userinfo_alg, typ=ID_TOKEN), "jwt")
