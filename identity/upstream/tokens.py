"""Tokens that a provider signs for this service: ID tokens and logout tokens.

`identity.oidc.jwt_verification` opens them: asymmetric algorithms of a closed list, bounded sizes,
no key from a header.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import CLOCK_SLACK, now
from identity.oidc.jwt_verification import VerificationFailed, integer, verify_jwt
from identity.upstream.provider import Provider, signing_keys
from identity.upstream.rules import known_amr

LONGEST_LIFE = timedelta(minutes=10)
"""Age at which a token is refused, whatever its `exp`."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_SUBJECT = 255


@dataclass(frozen=True)
class IdToken:
    """Verified claims of an ID token that this service uses.

    name and email are shown to the person and prove nothing.
    """

    issuer: str
    subject: str
    sid: str | None
    amr: tuple[str, ...]
    acr: str | None
    auth_time: int | None
    given_name: str
    family_name: str
    email: str
    claims: Mapping[str, object]


@dataclass(frozen=True)
class LogoutToken:
    """Verified claims of a logout token (OpenID Connect Back-Channel Logout, 2.4)."""

    jti: str
    subject: str | None
    sid: str | None
    issued: int
    until: datetime


def read_id_token(text: str, provider: Provider, *, client_id: str, nonce: str) -> IdToken:
    """Return the claims of an ID token for this client and this request (OIDC Core, 3.1.3.7).

    Raises VerificationFailed, Unreachable and UnusableProvider.
    """
    claims = _verified(text, provider, client_id, types={None, "jwt"})
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise VerificationFailed("nonce is of another request")
    subject = _text(claims, "sub")
    if not subject or len(subject) > _LONGEST_SUBJECT:
        raise VerificationFailed("sub is missing or too long")
    return IdToken(
        issuer=provider.issuer,
        subject=subject,
        sid=_text(claims, "sid")[:255] or None,
        amr=known_amr(claims.get("amr")),
        acr=_text(claims, "acr") or None,
        auth_time=integer(claims, "auth_time"),
        given_name=_text(claims, "given_name")[:100],
        family_name=_text(claims, "family_name")[:100],
        email=_text(claims, "email")[:254],
        claims=claims,
    )


def read_logout_token(text: str, provider: Provider, *, client_id: str) -> LogoutToken:
    """Return the claims of a logout token (OpenID Connect Back-Channel Logout, 2.6).

    Raises VerificationFailed, Unreachable and UnusableProvider.
    """
    claims = _verified(text, provider, client_id, types={None, "jwt", "logout+jwt"})
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise VerificationFailed("events is no back-channel logout")
    if "nonce" in claims:
        raise VerificationFailed("a logout token has no nonce")
    subject, sid, jti = (_text(claims, name) for name in ("sub", "sid", "jti"))
    if not jti or not (subject or sid):
        raise VerificationFailed("jti, or both sub and sid, are missing")
    issued = integer(claims, "iat")
    if issued is None:
        raise VerificationFailed("iat is missing")
    return LogoutToken(
        jti, subject or None, sid or None, issued, now() + LONGEST_LIFE + 2 * CLOCK_SLACK
    )


def _verified(
    text: str, provider: Provider, client_id: str, *, types: set[str | None]
) -> Mapping[str, object]:
    claims = verify_jwt(
        text,
        algs=provider.algs,
        keys=lambda header: signing_keys(provider, header.get("kid")),
        types=types,
    ).claims
    if claims.get("iss") != provider.issuer:
        raise VerificationFailed("iss is another issuer")
    audience = claims.get("aud")
    if audience not in (client_id, [client_id]):
        raise VerificationFailed("aud is not this client alone")
    if claims.get("azp", client_id) != client_id:
        raise VerificationFailed("azp is another client")
    _check_times(claims)
    return claims


def _check_times(claims: Mapping[str, object]) -> None:
    at, slack = now().timestamp(), CLOCK_SLACK.total_seconds()
    issued, until = integer(claims, "iat"), integer(claims, "exp")
    # Logout tokens of older providers have no exp; the age of every token is limited by iat.
    if issued is None or not at - LONGEST_LIFE.total_seconds() - slack <= issued <= at + slack:
        raise VerificationFailed("iat is missing, too long ago or ahead")
    if until is None and "events" not in claims:
        raise VerificationFailed("exp is missing")
    if until is not None and until + slack <= at:
        raise VerificationFailed("exp is over")
    begins = integer(claims, "nbf")
    if begins is not None and begins > at + slack:
        raise VerificationFailed("nbf is ahead")


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""
