"""GET and POST /userinfo (OpenID Connect Core, 5.3)."""

from __future__ import annotations

from flask import request
from werkzeug import Response

from app.settings import settings
from app.web import anyone, permit
from identity.oidc import scopes
from identity.oidc.access import entitlement, presented, stands
from identity.oidc.blueprint import blueprint
from identity.oidc.claims import of_person
from identity.oidc.errors import InsufficientScope, InvalidToken
from identity.oidc.machine import json_response, machine


@blueprint.route("/userinfo", methods=["GET", "POST"])
@permit(anyone)
@machine
def userinfo() -> Response:
    """What is true of the person now, not when the token was made."""
    verified = stands(presented(request))
    if verified.access_token.audience != settings().issuer:
        raise InvalidToken("The access token is for another audience")
    if verified.family is None or scopes.OPENID not in verified.scopes:
        raise InsufficientScope
    holds = entitlement(verified)
    if holds is None:
        raise InvalidToken(detail="no access any more")
    granted = set(verified.scopes)
    requested = verified.family.claims_requested.get("userinfo")
    return json_response(
        holds.of_scopes(granted)
        | holds.named(verified.client, requested)
        | of_person(holds.account, granted, set())
    )
