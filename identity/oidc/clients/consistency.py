"""What the members of a client's registration mean for each other."""

from __future__ import annotations

from typing import Any

from app.settings import settings
from identity.oidc import redirects
from identity.oidc.clients.metadata import (
    BINDING,
    CERTIFICATE_METHODS,
    CLIENT_ALGS,
    FAPI2,
    KEY_METHODS,
    RESPONSE_ALGS,
    InvalidMetadata,
    offered_auth_methods,
)
from identity.oidc.foreign import FAPI_ALGS
from identity.oidc.proof import certificate


def refuse_contradictions(result: dict[str, Any]) -> None:
    """Of a registration whose members are each right. Raises InvalidMetadata."""
    grants, method = result["grant_types"], result["token_endpoint_auth_method"]
    if "authorization_code" in grants and not result["redirect_uris"]:
        raise InvalidMetadata(
            "redirect_uris: a client with the grant authorization_code needs at least one.",
            "invalid_redirect_uri",
        )
    _keys_fit(result)
    _certificate_fits(result)
    frame = result.get("frontchannel_logout_uri")
    if frame and redirects.origin(frame) not in map(redirects.origin, result["redirect_uris"]):
        # Front-Channel Logout, 2.
        raise InvalidMetadata("frontchannel_logout_uri has the origin of one of redirect_uris.")
    if result["profile"] == FAPI2:
        _fit_for_fapi2(result)
    if "refresh_token" in grants and "authorization_code" not in grants:
        raise InvalidMetadata("grant_types: refresh_token goes with authorization_code only.")
    if result.get("exchange_from") and not result["resources"]:
        raise InvalidMetadata("exchange_from goes with resources: nobody else's are meant.")
    if method != "none":
        return
    for grant in sorted(set(grants) - {"authorization_code", "refresh_token"}):
        raise InvalidMetadata(f"A client without a secret cannot have {grant}.")
    if not result["require_pkce"]:
        raise InvalidMetadata("require_pkce is always true for a client without a secret.")


def _keys_fit(result: dict[str, Any]) -> None:
    method = result["token_endpoint_auth_method"]
    by_keys = method in KEY_METHODS or result["require_signed_request_object"]
    if by_keys and not {"jwks", "jwks_uri"} & set(result):
        raise InvalidMetadata("jwks or jwks_uri is needed: this client is known by its keys.")


def _certificate_fits(result: dict[str, Any]) -> None:
    """RFC 8705, 2.1.2 and 3.4."""
    method = result["token_endpoint_auth_method"]
    if method not in offered_auth_methods():
        raise InvalidMetadata(f"{method} is not offered: this provider takes no certificates.")
    if result["tls_client_certificate_bound_access_tokens"] and (
        settings().client_certificate_header is None
    ):
        raise InvalidMetadata(
            "tls_client_certificate_bound_access_tokens: this provider sees no certificates."
        )
    named = len(set(certificate.SUBJECTS) & set(result))
    if named != (1 if method in CERTIFICATE_METHODS else 0):
        raise InvalidMetadata(
            "tls_client_auth goes with exactly one of " + ", ".join(certificate.SUBJECTS) + "."
        )


def _fit_for_fapi2(result: dict[str, Any]) -> None:
    """FAPI 2.0 Security Profile, 5.3.2 and 5.4.1: nothing may undo what the profile sets."""
    methods = (*KEY_METHODS, *CERTIFICATE_METHODS)
    if result["token_endpoint_auth_method"] not in methods:
        raise InvalidMetadata(f"profile fapi2: the client proves itself by {' or '.join(methods)}.")
    for member in ("require_pkce", "require_pushed_authorization_requests"):
        if not result[member]:
            raise InvalidMetadata(f"profile fapi2: {member} is always true.")
    if not any(result[member] for member in BINDING):
        raise InvalidMetadata(f"profile fapi2: {' or '.join(BINDING)} is always true.")
    algs = ("id_token_signed_response_alg", *RESPONSE_ALGS, *CLIENT_ALGS)
    for member in (*algs, "access_token_signed_response_alg"):
        if result.get(member, FAPI_ALGS[0]) not in FAPI_ALGS:
            raise InvalidMetadata(f"profile fapi2: {member} is {' or '.join(FAPI_ALGS)}.")
