"""private_key_jwt: a client proves itself by a token that it signed (RFC 7523; Core, 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from app.clock import now
from app.settings import settings
from identity.oidc.clients.keys import keys_of
from identity.oidc.clients.store import RelyingParty
from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import (
    FAPI_ALGS,
    VerificationFailed,
    integer,
    verify_jwt,
)
from identity.oidc.lifetimes import CLOCK_SKEW, LONGEST_ASSERTION
from identity.oidc.replay_cache import first_use

LONGEST_ID = 500


def why_refused(
    client: RelyingParty, text: str, *, path: str, before_use: Callable[[], None]
) -> str | None:
    """Return why the assertion does not prove the client at the endpoint of this path.

    None where it does.

    Its id is claimed last, once everything else holds and `before_use` has raised nothing.
    """
    try:
        claims = verify_jwt(
            text, algs=_algs(client), keys=lambda header: keys_of(client, header)
        ).claims
        _names(client, claims)
        _is_for_us(client, claims, path)
        ends, identifier = _life(claims)
        issued = integer(claims, "iat")
    except VerificationFailed as error:
        return str(error)
    before_use()
    if not first_use("assertion", client.client_id, identifier, issued=issued, until=ends):
        return "jti used before, or issued before a backup was restored"
    return None


def _algs(client: RelyingParty) -> tuple[str, ...]:
    if client.auth_signing_alg is not None:
        return (client.auth_signing_alg,)
    return FAPI_ALGS if client.fapi else SIGNING_ALGS


def _names(client: RelyingParty, claims: Mapping[str, object]) -> None:
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise VerificationFailed("iss and sub are not both the client")


def _is_for_us(client: RelyingParty, claims: Mapping[str, object], path: str) -> None:
    """Check that `aud` names this issuer, as one string (FAPI 2.0 Security Profile, 5.3.2.1).

    Clients of other profiles may name the called endpoint or the token endpoint (RFC 7523, 3), in
    an array as well.
    """
    audience = claims.get("aud")
    if audience == settings().issuer:
        return
    if isinstance(audience, str):
        audience = [audience]
    ours = {origin + each for origin in settings().origins for each in ("", path, "/token")}
    if (
        client.fapi
        or not isinstance(audience, list)
        or not all(isinstance(each, str) for each in audience)
        or not ours & set(audience)
    ):
        raise VerificationFailed("aud is not the provider")


def _life(claims: Mapping[str, object]) -> tuple[datetime, str]:
    moment, skew = now().timestamp(), CLOCK_SKEW.total_seconds()
    ends = integer(claims, "exp")
    if ends is None or not moment < ends <= moment + LONGEST_ASSERTION.total_seconds():
        raise VerificationFailed("exp is missing, over or too far ahead")
    for name in ("iat", "nbf"):
        begins = integer(claims, name)
        if begins is not None and begins > moment + skew:
            raise VerificationFailed(f"{name} lies ahead")
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        raise VerificationFailed("jti is missing")
    return datetime.fromtimestamp(ends, UTC), identifier
