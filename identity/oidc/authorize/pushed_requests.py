"""Pushed requests: stored, found by the request that names one, used up (RFC 9126)."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import bindparam, select, update

from app.clock import now
from app.database import CompiledQuery, writing
from app.database.single_use import claim
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from identity.oidc.authorize.request import RequestedAuthorization, from_store
from identity.oidc.errors import InvalidRequestUri
from identity.oidc.lifetimes import INTERACTION, PUSHED_REQUEST
from identity.oidc.models import PushedRequest
from identity.oidc.parameters import PUSHED


class _PushedRow(Protocol):
    id: int
    parameters: dict[str, object]
    signed: bool


_OPEN_PUSHED: CompiledQuery[_PushedRow] = CompiledQuery(
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


def store(authorization: RequestedAuthorization) -> str:
    """Store the request that its client pushed, and return its handle."""
    handle = new_secret()
    with writing() as session:
        session.add(
            PushedRequest(
                handle_hash=secret_hash(handle),
                client_id=authorization.client.key,
                parameters=authorization.to_store(),
                signed=authorization.signed,
                expires_at=now() + PUSHED_REQUEST,
            )
        )
    return handle


def claim_pushed(pushed_id: int) -> bool:
    """Use the pushed request up; False where it was before. Must run inside `writing()`."""
    return claim(
        update(PushedRequest)
        .where(PushedRequest.id == pushed_id, PushedRequest.used_at.is_(None))
        .values(used_at=now(), parameters={})
    )


def expired() -> list[Expired]:
    """Return requests that are older than a person may take to answer questions about one."""
    return [Expired(PushedRequest, PushedRequest.expires_at < now() - INTERACTION)]
