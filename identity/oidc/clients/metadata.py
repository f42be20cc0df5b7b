"""The values of a client's metadata, and the readers of its members (RFC 7591, section 2).

A reader of a member raises InvalidMetadata, which names the member and its allowed values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.settings import settings
from identity.oidc.keys.states import ALGS

ClientMetadata = Mapping[str, object]
"""Metadata as the client or the operator sent it."""

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
FAPI2_DEFAULTS: ClientMetadata = {
    "token_endpoint_auth_method": KEY_METHODS[0],
    "require_pushed_authorization_requests": True,
    "dpop_bound_access_tokens": True,
    "id_token_signed_response_alg": "PS256",
}
"""Values of the profile for members that the metadata omits (FAPI 2.0 Security Profile, 5.3.2)."""
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
"""Member that binds each of the client's tokens."""
RESPONSE_ALGS = (
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
)
"""Answers that are signed where the client names an algorithm."""
ADDRESSES = ("client_uri", "policy_uri", "tos_uri", "initiate_login_uri")
"""Addresses of pages to which people are led. There is no `logo_uri`: our pages show no picture
that another server would be asked for."""
LOCALISED = ("client_name", "client_uri", "policy_uri", "tos_uri")
"""Members that people see, of those that may carry a language tag."""
WEB, NATIVE = "web", "native"
APPLICATION_TYPES = (WEB, NATIVE)
CLIENT_ALGS = ("token_endpoint_auth_signing_alg", "request_object_signing_alg")
"""Algorithm that the client signs with, if it binds itself to one."""
MOST_ADDRESSES = 100
LONGEST_MAX_AGE = 10**9
"""Thirty years, longer than any sign-in lasts."""


class InvalidMetadata(ValueError):
    """`error` is the code of RFC 7591 section 3.2.2, the text a sentence for the operator.

    `faults` are all that were found; of several the first one's code counts.
    """

    def __init__(self, text: str, error: str = "invalid_client_metadata") -> None:
        super().__init__(text)
        self.error = error
        self.member: str | None = None
        """The member that could not be read; None where members do not go together."""
        self.faults: tuple[InvalidMetadata, ...] = (self,)

    @classmethod
    def of(cls, faults: Sequence[InvalidMetadata]) -> InvalidMetadata:
        """Return all of these in one; each sentence once."""
        faults = list({str(fault): fault for fault in faults}.values())
        if len(faults) == 1:
            return faults[0]
        every = cls(" ".join(str(fault) for fault in faults), faults[0].error)
        every.faults = tuple(faults)
        return every


class Faulty(Exception):
    """A member was looked at that could not be read."""


class Members(dict[str, object]):
    """Members that were read. Looking at one that is at fault raises Faulty: nothing follows."""

    def __init__(self) -> None:
        super().__init__()
        self.faulty: set[str] = set()

    def __getitem__(self, member: str) -> object:
        self._must_be_sound(member)
        return super().__getitem__(member)

    def get(self, member: str, default: object = None) -> object:
        self._must_be_sound(member)
        return super().get(member, default)

    def texts(self, member: str) -> list[str]:
        """Return a member that its reader read as an array of texts."""
        values = self[member]
        if not isinstance(values, list):
            raise TypeError(f"{member} is not an array")
        return [str(value) for value in values]

    def __contains__(self, member: object) -> bool:
        self._must_be_sound(member)
        return super().__contains__(member)

    def _must_be_sound(self, member: object) -> None:
        if member in self.faulty:
            raise Faulty(member)


def in_english(metadata: ClientMetadata) -> dict[str, object]:
    """Return the metadata with its texts in the language of our pages (RFC 7591, 2.2).

    `client_name#en-GB` or `client_name#en` takes the place of `client_name`; so do the other
    members that people see. Members in other languages are left out.
    """
    tagged = {name.lower(): value for name, value in metadata.items() if "#" in name}
    result = {name: value for name, value in metadata.items() if "#" not in name}
    for member in LOCALISED:
        for language in ("en", "en-gb"):
            if f"{member}#{language}" in tagged:
                result[member] = tagged[f"{member}#{language}"]
    return result


def offered_auth_methods() -> tuple[str, ...]:
    """Return all ways to prove a client, as far as this provider's settings allow them."""
    without = () if settings().client_certificate_authorities else CERTIFICATE_METHODS
    return tuple(method for method in AUTH_METHODS if method not in without)


def one_of(metadata: ClientMetadata, member: str, choices: tuple[str, ...]) -> str:
    """Return the member's value, one of the choices. The first one is the default."""
    value = metadata.get(member, choices[0])
    if value not in choices:
        raise InvalidMetadata(f"{member} must be {' or '.join(choices)}.")
    return str(value)


def several_of(
    metadata: ClientMetadata, member: str, choices: tuple[str, ...], default: tuple[str, ...]
) -> list[str]:
    """Return the values, each once, in their order."""
    values = texts(metadata, member) if member in metadata else list(default)
    if not set(values) <= set(choices):
        raise InvalidMetadata(f"{member} may contain {', '.join(choices)} and nothing else.")
    return list(dict.fromkeys(values))


def texts(metadata: ClientMetadata, member: str) -> list[str]:
    """Return the texts of an array; none if the member is absent."""
    values = metadata.get(member, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidMetadata(f"{member} is an array of texts.")
    if len(values) > MOST_ADDRESSES:
        raise InvalidMetadata(f"{member} has more than {MOST_ADDRESSES} entries.")
    return values


def boolean(metadata: ClientMetadata, member: str, *, default: bool) -> bool:
    """Return a member that is true or false. Raises InvalidMetadata."""
    value = metadata.get(member, default)
    if not isinstance(value, bool):
        raise InvalidMetadata(f"{member} is true or false.")
    return value
