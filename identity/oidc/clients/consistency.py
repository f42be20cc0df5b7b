"""Rules between the members of a client's registration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.settings import settings
from identity.oidc import redirects
from identity.oidc.clients.certificate_subjects import SUBJECTS
from identity.oidc.clients.metadata import (
    BINDING,
    CERTIFICATE_METHODS,
    CLIENT_ALGS,
    FAPI2,
    KEY_METHODS,
    NATIVE,
    RESPONSE_ALGS,
    ClientMetadata,
    InvalidMetadata,
    Members,
    offered_auth_methods,
)
from identity.oidc.jwt_verification import FAPI_ALGS

Check = Callable[[Members, ClientMetadata], None]


def _has_redirect_uris(result: Members, _metadata: ClientMetadata) -> None:
    if "authorization_code" in result.texts("grant_types") and not result.texts("redirect_uris"):
        raise InvalidMetadata(
            "redirect_uris: a client with the grant authorization_code needs at least one.",
            "invalid_redirect_uri",
        )


def _is_fit_for_native(result: Members, _metadata: ClientMetadata) -> None:
    """Refuse secrets of native applications, which every user has (RFC 8252, 8.4)."""
    if result["application_type"] != NATIVE:
        return
    if result["token_endpoint_auth_method"] != "none":
        raise InvalidMetadata(
            "application_type native: token_endpoint_auth_method is none, a secret in an "
            "application is known to everybody who has it."
        )


def _frame_fits(result: Members, _metadata: ClientMetadata) -> None:
    frame = result.get("frontchannel_logout_uri")
    origins = map(redirects.origin, result.texts("redirect_uris"))
    if frame and redirects.origin(str(frame)) not in origins:
        # Front-Channel Logout, 2.
        raise InvalidMetadata("frontchannel_logout_uri has the origin of one of redirect_uris.")


def _refresh_fits(result: Members, _metadata: ClientMetadata) -> None:
    grants = result.texts("grant_types")
    if "refresh_token" in grants and "authorization_code" not in grants:
        raise InvalidMetadata("grant_types: refresh_token goes with authorization_code only.")


def _exchange_fits(result: Members, _metadata: ClientMetadata) -> None:
    if result.get("exchange_from") and not result["resources"]:
        raise InvalidMetadata("exchange_from goes with resources: nobody else's are meant.")


def _public_grants_fit(result: Members, _metadata: ClientMetadata) -> None:
    if result["token_endpoint_auth_method"] != "none":
        return
    for grant in sorted(set(result.texts("grant_types")) - {"authorization_code", "refresh_token"}):
        raise InvalidMetadata(f"A client without a secret cannot have {grant}.")


def _public_pkce_fits(result: Members, _metadata: ClientMetadata) -> None:
    if result["token_endpoint_auth_method"] == "none" and not result["require_pkce"]:
        raise InvalidMetadata("require_pkce is always true for a client without a secret.")


def _keys_are_given_once(_result: Members, metadata: ClientMetadata) -> None:
    if "jwks" in metadata and "jwks_uri" in metadata:
        raise InvalidMetadata("Give jwks or jwks_uri, not both.")


def _keys_fit(result: Members, _metadata: ClientMetadata) -> None:
    method = result["token_endpoint_auth_method"]
    by_keys = method in KEY_METHODS or result["require_signed_request_object"]
    if by_keys and not ("jwks" in result or "jwks_uri" in result):
        raise InvalidMetadata("jwks or jwks_uri is needed: this client is known by its keys.")


def _method_is_offered(result: Members, _metadata: ClientMetadata) -> None:
    """Check that the authentication method is offered (RFC 8705, 2.1)."""
    method = result["token_endpoint_auth_method"]
    if method not in offered_auth_methods():
        raise InvalidMetadata(f"{method} is not offered: this provider takes no certificates.")


def _certificate_binding_fits(result: Members, _metadata: ClientMetadata) -> None:
    """Check that certificates can bind the tokens (RFC 8705, 3.4)."""
    if result["tls_client_certificate_bound_access_tokens"] and (
        settings().client_certificate_header is None
    ):
        raise InvalidMetadata(
            "tls_client_certificate_bound_access_tokens: this provider sees no certificates."
        )


def _certificate_subject_fits(result: Members, _metadata: ClientMetadata) -> None:
    """Check the certificate's subject (RFC 8705, 2.1.2)."""
    by_certificate = result["token_endpoint_auth_method"] in CERTIFICATE_METHODS
    named = sum(member in result for member in SUBJECTS)
    if named != (1 if by_certificate else 0):
        raise InvalidMetadata(
            "tls_client_auth goes with exactly one of " + ", ".join(SUBJECTS) + "."
        )


def _fapi2_method_fits(result: Members, _metadata: ClientMetadata) -> None:
    """Check the method (FAPI 2.0 Security Profile, 5.3.2); no member undoes the profile."""
    methods = (*KEY_METHODS, *CERTIFICATE_METHODS)
    if _is_fapi2(result) and result["token_endpoint_auth_method"] not in methods:
        raise InvalidMetadata(f"profile fapi2: the client proves itself by {' or '.join(methods)}.")


def _fapi2_pkce_fits(result: Members, _metadata: ClientMetadata) -> None:
    if _is_fapi2(result) and not result["require_pkce"]:
        raise InvalidMetadata("profile fapi2: require_pkce is always true.")


def _fapi2_pushing_fits(result: Members, _metadata: ClientMetadata) -> None:
    if _is_fapi2(result) and not result["require_pushed_authorization_requests"]:
        raise InvalidMetadata(
            "profile fapi2: require_pushed_authorization_requests is always true."
        )


def _fapi2_binding_fits(result: Members, _metadata: ClientMetadata) -> None:
    if _is_fapi2(result) and not any(result[member] for member in BINDING):
        raise InvalidMetadata(f"profile fapi2: {' or '.join(BINDING)} is always true.")


def _fapi2_alg_fits(member: str, result: Members, _metadata: ClientMetadata) -> None:
    """Check the algorithm (FAPI 2.0 Security Profile, 5.4.1)."""
    if _is_fapi2(result) and result.get(member, FAPI_ALGS[0]) not in FAPI_ALGS:
        raise InvalidMetadata(f"profile fapi2: {member} is {' or '.join(FAPI_ALGS)}.")


def _is_fapi2(result: Members) -> bool:
    return bool(result["profile"] == FAPI2)


CHECKS: tuple[Check, ...] = (
    _has_redirect_uris,
    _is_fit_for_native,
    _keys_are_given_once,
    _keys_fit,
    _method_is_offered,
    _certificate_binding_fits,
    _certificate_subject_fits,
    _frame_fits,
    _fapi2_method_fits,
    _fapi2_pkce_fits,
    _fapi2_pushing_fits,
    _fapi2_binding_fits,
    *(
        partial(_fapi2_alg_fits, member)
        for member in (
            "id_token_signed_response_alg",
            *RESPONSE_ALGS,
            *CLIENT_ALGS,
            "access_token_signed_response_alg",
        )
    ),
    _refresh_fits,
    _exchange_fits,
    _public_grants_fit,
    _public_pkce_fits,
)
"""Each is given the members that were read and the metadata; raises InvalidMetadata, or Faulty
where it looks at a member that could not be read.
"""
