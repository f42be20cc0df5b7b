"""POST /revoke (RFC 7009): a refresh token ends its family, an access token goes alone."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from app.audit import record
from app.database import db, writing
from app.database.single_use import insert_unless_present
from app.identifiers import secret_hash
from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import parameters, token_families
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication.authenticate import authenticate
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequest, NotForThisClient
from identity.oidc.models import RefreshToken, RevokedToken, TokenFamily
from identity.oidc.refusals import ACCESS, record_refusal
from identity.oidc.responses import empty_response, protocol_endpoint
from identity.oidc.tokens import AccessToken, read_access_token

_add_revoked_token = insert_unless_present(RevokedToken)


@blueprint.post("/revoke")
@permit(anyone)
@protocol_endpoint
def revoke(request: Request) -> Response:
    """Revoke the token and answer 200 in any case (RFC 7009, 2.2).

    Another client's token is left as it is.
    """
    given = parameters.from_form(request)
    given.refuse_repeated()
    client = authenticate(request, given)
    text = given.get("token")
    if text is None:
        raise InvalidRequest("token is missing")
    access_token = read_access_token(text)
    if access_token is None:
        _revoke_family(client, text)
    elif access_token.client_id == client.client_id:
        _revoke_alone(client, access_token)
    else:
        record_refusal(ACCESS, client, NotForThisClient(), grant=access_token.grant)
    return empty_response(200)


def _revoke_alone(client: RelyingParty, token: AccessToken) -> None:
    if token_families.is_token_revoked(token.jti):
        return
    with writing():
        ends = datetime.fromtimestamp(token.expires_at, UTC)
        if not _add_revoked_token(jti=token.jti, expires_at=ends):
            return
        record(
            "token.revoked",
            client=client.client_id,
            service=client.service,
            what="access token",
            grant=token.grant,
        )


def _revoke_family(client: RelyingParty, text: str) -> None:
    columns = (TokenFamily.id, TokenFamily.public_id, TokenFamily.organisation)
    family = db.session.execute(
        select(*columns, TokenFamily.client_id)
        .join(RefreshToken, RefreshToken.grant_id == TokenFamily.id)
        .where(RefreshToken.token_hash == secret_hash(text))
    ).one_or_none()
    if family is None:
        return
    if family.client_id != client.key:
        record_refusal(ACCESS, client, NotForThisClient(), grant=family.public_id)
        return
    with writing():
        if token_families.end_family(family.id, cause="revoked by the client"):
            record(
                "token.revoked",
                client=client.client_id,
                service=client.service,
                organisation=family.organisation,
                what="refresh token",
                grant=family.public_id,
            )
