"""The provider's metadata and its keys, which clients read first. Both may be cached."""

from __future__ import annotations

from app.settings import settings as app_settings
from app.strict_json import compact_json
from app.web import anyone, permit
from app.web.http import Request, Response
from identity.oidc import claims, scopes
from identity.oidc.authorize.checks import CHALLENGE_METHODS, PROMPTS, RESPONSE_MODES
from identity.oidc.blueprint import blueprint
from identity.oidc.cache import cache
from identity.oidc.clients.metadata import (
    ID_TOKEN_ALGS,
    RESPONSE_TYPES,
    SUBJECT_TYPES,
    offered_auth_methods,
)
from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import FAPI_ALGS
from identity.oidc.keys.store import key_set
from identity.oidc.responses import protocol_endpoint
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.settings import settings
from identity.sign_in.levels import reachable_levels

METADATA_MAX_AGE = 300


def metadata() -> dict[str, object]:
    """Return the metadata (OpenID Connect Discovery, 3), with the issuer's addresses only."""
    issuer = app_settings().issuer
    methods = offered_auth_methods()
    confidential = [method for method in methods if method != "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "registration_endpoint": f"{issuer}/register",
        "end_session_endpoint": f"{issuer}/end-session",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "scopes_supported": scopes.supported(),
        "claims_supported": [entry.name for entry in claims.dictionary()],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": list(SUBJECT_TYPES),
        "acr_values_supported": list(reachable_levels()),
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": ["page"],
        "ui_locales_supported": ["en-GB"],
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "authorization_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": False,
        "userinfo_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "introspection_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "require_signed_request_object": False,
        # Without `none`: unsigned request objects will never be taken.
        "request_object_signing_alg_values_supported": list(SIGNING_ALGS),
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGS),
        "introspection_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGS),
        "dpop_signing_alg_values_supported": list(FAPI_ALGS),
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
        "token_endpoint_auth_methods_supported": list(methods),
        "revocation_endpoint_auth_methods_supported": list(methods),
        "introspection_endpoint_auth_methods_supported": confidential,
        "authorization_response_iss_parameter_supported": True,
    } | _of_certificates()


def _of_certificates() -> dict[str, object]:
    """Return the metadata about certificates, if a proxy passes them on (RFC 8705, 3.3 and 5)."""
    if app_settings().client_certificate_header is None:
        return {}
    origin = app_settings().client_certificate_origin or app_settings().issuer
    return {
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": {
            "token_endpoint": f"{origin}/token",
            "userinfo_endpoint": f"{origin}/userinfo",
            "introspection_endpoint": f"{origin}/introspect",
            "revocation_endpoint": f"{origin}/revoke",
            "pushed_authorization_request_endpoint": f"{origin}/par",
        },
    }


@blueprint.get("/.well-known/oauth-authorization-server")
@blueprint.get("/.well-known/openid-configuration")
@permit(anyone)
@protocol_endpoint
def configuration(_request: Request) -> Response:
    """Return the metadata for clients of OpenID Connect and of OAuth alone (RFC 8414, 3)."""
    body = cache().published("metadata", lambda: compact_json(metadata()))
    return _public(body, METADATA_MAX_AGE)


@blueprint.get("/jwks")
@permit(anyone)
@protocol_endpoint
def jwks(_request: Request) -> Response:
    """Return the key set. A new key signs only once older copies of this response have expired."""
    return _public(compact_json(key_set()), settings().jwks_max_age)


def _public(body: str, max_age: int) -> Response:
    return Response(body).add("Cache-Control", f"public, max-age={max_age}")
