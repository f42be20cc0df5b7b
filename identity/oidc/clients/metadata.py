"""The words of a client's metadata, and how one member of it is read (RFC 7591, section 2).

What reads a member raises InvalidMetadata, which names the member and what it may be.
"""

from __future__ import annotations

from typing import Any

from app.settings import settings
from identity.oidc.keys.states import ALGS

SECRET_METHODS = ("client_secret_basic", "client_secret_post")
KEY_METHODS = ("private_key_jwt",)
CERTIFICATE_METHODS = ("tls_client_auth",)
AUTH_METHODS = (*SECRET_METHODS, *KEY_METHODS, *CERTIFICATE_METHODS, "none")
RESPONSE_TYPES = ("code",)
PUBLIC, PAIRWISE = "public", "pairwise"
SUBJECT_TYPES = (PUBLIC, PAIRWISE)
ID_TOKEN_ALGS = ALGS
ACCESS_TOKEN_ALGS = ("ES256", "RS256", "PS256", "EdDSA")
BASELINE, FAPI2 = "baseline", "fapi2"
PROFILES = (BASELINE, FAPI2)
FAPI2_DEFAULTS: dict[str, Any] = {
    "token_endpoint_auth_method": KEY_METHODS[0],
    "require_pushed_authorization_requests": True,
    "dpop_bound_access_tokens": True,
    "id_token_signed_response_alg": "PS256",
}
"""What the profile means where the metadata is silent (FAPI 2.0 Security Profile, 5.3.2)."""
SWITCHES = (
    "require_auth_time",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "dpop_nonce_required",
    "tls_client_certificate_bound_access_tokens",
    "backchannel_logout_session_required",
    "frontchannel_logout_session_required",
)
"""Members that are true or false, false by default."""
BINDING = ("dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens")
"""What binds each of the client's tokens."""
RESPONSE_ALGS = (
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
)
"""Answers that are signed where the client names an algorithm."""
ADDRESSES = (
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
)
CLIENT_ALGS = ("token_endpoint_auth_signing_alg", "request_object_signing_alg")
"""What the client signs with, where it binds itself to one algorithm."""
MOST_ADDRESSES = 100
LONGEST_MAX_AGE = 10**9
"""Some thirty years: longer than anybody stays signed in."""


class InvalidMetadata(ValueError):
    """`error` is the code of RFC 7591 section 3.2.2, the text a sentence for the operator."""

    def __init__(self, text: str, error: str = "invalid_client_metadata") -> None:
        super().__init__(text)
        self.error = error


def offered_auth_methods() -> tuple[str, ...]:
    """All ways to prove a client, as far as this provider's settings allow them."""
    without = () if settings().client_certificate_authorities else CERTIFICATE_METHODS
    return tuple(method for method in AUTH_METHODS if method not in without)


def one_of(given: dict[str, Any], member: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    value = given.get(member, choices[0])
    if value not in choices:
        raise InvalidMetadata(f"{member} must be {' or '.join(choices)}.")
    return str(value)


def several_of(
    given: dict[str, Any], member: str, choices: tuple[str, ...], default: tuple[str, ...]
) -> list[str]:
    """Each once, in their order."""
    values = texts(given, member) if member in given else list(default)
    if not set(values) <= set(choices):
        raise InvalidMetadata(f"{member} may contain {', '.join(choices)} and nothing else.")
    return list(dict.fromkeys(values))


def texts(given: dict[str, Any], member: str) -> list[str]:
    """The texts of an array; none where the member is absent."""
    values = given.get(member, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidMetadata(f"{member} is an array of texts.")
    if len(values) > MOST_ADDRESSES:
        raise InvalidMetadata(f"{member} has more than {MOST_ADDRESSES} entries.")
    return values


def boolean(given: dict[str, Any], member: str, *, default: bool) -> bool:
    value = given.get(member, default)
    if not isinstance(value, bool):
        raise InvalidMetadata(f"{member} is true or false.")
    return value
