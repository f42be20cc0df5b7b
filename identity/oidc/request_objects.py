"""Request objects: an authorization request as a JWT that the client signed (RFC 9101).

Only what stands in the object counts; parameters beside it are not merged (RFC 9101, 6.3), save
that `client_id` has to be the same. Unsigned and encrypted ones are refused, and none is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from app.clock import now
from app.settings import settings
from app.strict_json import compact_json
from identity.oidc.clients.keys import keys_of
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import InvalidRequestObject
from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import (
    FAPI_ALGS,
    VerificationFailed,
    integer,
    verify_jwt,
)
from identity.oidc.lifetimes import CLOCK_SKEW, LONGEST_REQUEST_OBJECT
from identity.oidc.parameters import LONGEST_VALUE, Parameters

TYPES = (None, "jwt", "oauth-authz-req+jwt")
_OF_THE_JWT = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


def parameters_in(text: str, client: RelyingParty, outside: Parameters) -> Parameters:
    """Return the parameters in the request object. Raises InvalidRequestObject."""
    try:
        claims = verify_jwt(
            text,
            algs=_algs(client),
            keys=lambda header: keys_of(client, header),
            types=TYPES,
        ).claims
        _is_from_the_client_for_us(claims, client)
        _is_in_time(claims, now(), strict=client.require_signed_request)
        _does_not_point_elsewhere(claims, outside)
        return Parameters(_pairs(claims))
    except VerificationFailed as error:
        raise InvalidRequestObject(detail=str(error)) from None


def _algs(client: RelyingParty) -> tuple[str, ...]:
    if client.request_object_alg is not None:
        return (client.request_object_alg,)
    return FAPI_ALGS if client.fapi or client.require_signed_request else SIGNING_ALGS


def _is_from_the_client_for_us(claims: Mapping[str, object], client: RelyingParty) -> None:
    """Check issuer and audience, so that no other token counts (RFC 9101, 4 and 10.8)."""
    audience = claims.get("aud")
    if claims.get("iss") != client.client_id:
        raise VerificationFailed("iss is not the client")
    if settings().issuer not in (audience if isinstance(audience, list) else [audience]):
        raise VerificationFailed("aud is not the provider")
    if claims.get("client_id", client.client_id) != client.client_id:
        raise VerificationFailed("client_id of another client")


def _is_in_time(claims: Mapping[str, object], at: datetime, *, strict: bool) -> None:
    """Check `exp` and `nbf`: an object without an end could be sent for ever (PA-06).

    FAPI 2.0 Message Signing, 5.3.1, if the client must sign.
    """
    moment, skew = at.timestamp(), CLOCK_SKEW.total_seconds()
    ends, begins = integer(claims, "exp"), integer(claims, "nbf")
    if ends is None or ends <= moment:
        raise VerificationFailed("exp is missing or over")
    if begins is not None and begins > moment + skew:
        raise VerificationFailed("nbf lies ahead")
    if not strict:
        return
    if begins is None:
        raise VerificationFailed("nbf is missing")
    longest = LONGEST_REQUEST_OBJECT / timedelta(seconds=1)
    if ends - begins > longest or moment - begins > longest:
        raise VerificationFailed("nbf is too old, or exp too far from it")


def _does_not_point_elsewhere(claims: Mapping[str, object], outside: Parameters) -> None:
    if {"request", "request_uri"} & set(claims):
        raise VerificationFailed("an object inside the object")
    for name in ("client_id", "response_type"):
        if name in outside and claims.get(name, outside[name]) != outside[name]:
            raise VerificationFailed(f"another {name} outside")


def _pairs(claims: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in claims.items():
        if name in _OF_THE_JWT:
            continue
        for each in value if name == "resource" and isinstance(value, list) else [value]:
            text = _as_text(each)
            if len(text) > LONGEST_VALUE or "\x00" in text:
                raise VerificationFailed(f"{name[:40]!r} is too long or has a NUL character")
            yield name, text


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return compact_json(value)
