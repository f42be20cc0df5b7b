"""Finding the pushed request that an authorization request names (RFC 9126, 4)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from app.clock import now
from app.database import CompiledStatement
from app.identifiers import secret_hash
from identity.oidc.authorize.request import RequestedAuthorization, from_store
from identity.oidc.errors import InvalidRequestUri
from identity.oidc.models import PushedRequest
from identity.oidc.parameters import PUSHED

_OPEN_PUSHED = CompiledStatement(
    select(PushedRequest.__table__).where(
        PushedRequest.handle_hash == bindparam("hash"),
        PushedRequest.client_id == bindparam("client"),
        PushedRequest.expires_at > bindparam("at"),
        PushedRequest.used_at.is_(None),
    )
)


def check_request_uri(authorization: RequestedAuthorization) -> None:
    """Replace the parameters, except `client_id`, with the pushed ones (RFC 9126, 4)."""
    address = authorization.parameters.get("request_uri", "")
    if not address.startswith(PUSHED):
        return
    row = _OPEN_PUSHED.one(
        hash=secret_hash(address.removeprefix(PUSHED)),
        client=authorization.client.key,
        at=now(),
    )
    if row is None:
        raise InvalidRequestUri
    authorization.parameters, authorization.pushed_id, authorization.signed = (
        from_store(row.parameters),
        row.id,
        row.signed,
    )
