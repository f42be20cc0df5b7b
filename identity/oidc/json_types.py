"""JSON objects of the protocol whose members the code reads by name.

Registrations are stored as they were validated (`clients.registration`); a token's claims have
these types because this provider signed them.
"""

from __future__ import annotations

from typing import NotRequired, Required, TypedDict


class RequiredMembers(TypedDict):
    """Members of a client's metadata that every registration has (RFC 7591, 2)."""

    client_name: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    scope: str
    resources: list[str]
    application_type: str
    profile: str
    subject_type: str
    token_endpoint_auth_method: str
    id_token_signed_response_alg: str
    access_token_signed_response_alg: str
    require_pkce: bool
    code_lifetime: int
    access_token_lifetime: int
    id_token_lifetime: int
    offline_idle_lifetime: int
    offline_absolute_lifetime: int


class Registration(RequiredMembers, total=False):
    """Metadata of a client as it was validated ; lifetimes are in seconds."""

    service: str
    client_uri: str
    policy_uri: str
    tos_uri: str
    initiate_login_uri: str
    sector_identifier_uri: str
    jwks: dict[str, object]
    jwks_uri: str
    token_endpoint_auth_signing_alg: str
    default_max_age: int
    default_acr_values: list[str]
    minimum_acr: str
    refresh_token_grace: int
    require_auth_time: bool
    require_pushed_authorization_requests: bool
    require_signed_request_object: bool
    request_object_signing_alg: str
    authorization_signed_response_alg: str
    userinfo_signed_response_alg: str
    introspection_signed_response_alg: str
    dpop_bound_access_tokens: bool
    dpop_nonce_required: bool
    tls_client_certificate_bound_access_tokens: bool
    tls_client_auth_subject_dn: str
    tls_client_auth_san_dns: str
    tls_client_auth_san_uri: str
    tls_client_auth_san_ip: str
    tls_client_auth_san_email: str
    backchannel_logout_uri: str
    backchannel_logout_session_required: bool
    frontchannel_logout_uri: str
    frontchannel_logout_session_required: bool
    exchange_from: list[str]


class RegistrationResponse(Registration, total=False):
    """Response to a registration (RFC 7591, 3.2.1), with a secret only if it is new."""

    client_id: Required[str]
    client_id_issued_at: Required[int]
    client_secret: str
    client_secret_expires_at: int


class AccessTokenClaims(TypedDict):
    """Claims that each access token has (RFC 9068, 2.2); `exp` is in seconds."""

    jti: str
    client_id: str
    sub: str
    aud: str
    exp: int
    scope: NotRequired[str]


class IDTokenClaims(TypedDict):
    """Claims of an ID token on which a hint is checked (Core, 2)."""

    iss: str
    aud: str
    sub: str
    sid: NotRequired[str]
