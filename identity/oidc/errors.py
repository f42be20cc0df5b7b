"""Errors of the protocol, one class each (RFC 6749 sections 4.1.2.1 and 5.2, and where named).

    OAuthError                            a status, an `error` code and two texts
    ├── AuthorizationError                may be told to the client's registered redirect URI
    │   ├── InvalidRequest                also at the other endpoints
    │   ├── InvalidScope                  also at the token endpoint
    │   ├── InvalidTarget                 RFC 8707, section 2
    │   ├── UnauthorizedClient
    │   ├── UnsupportedResponseType
    │   ├── AccessDenied
    │   ├── LoginRequired                 OpenID Connect Core, 3.1.2.6, and the next two
    │   ├── InteractionRequired
    │   ├── RequestUriNotSupported
    │   ├── InvalidRequestUri             RFC 9101, section 7
    │   ├── InvalidRequestObject          the same
    │   ├── RegistrationNotSupported
    │   └── UnmetAuthentication           OpenID Connect Core Unmet Authentication Requirements
    ├── InvalidClient                     401, with a challenge
    │   ├── NotOnRecord                   the same, once there are audit rows enough of it
    │   └── TooManyFailures               429
    ├── TooManyOfPublicClient             429 (RFC 9126, section 2.3)
    ├── InvalidGrant
    │   ├── OnRecord                      the same, where its audit row is written already
    │   └── NotForThisClient              told to nobody: the answer is that of an unknown token
    ├── UnsupportedGrantType
    ├── InvalidProof                      RFC 9449, section 5
    │   └── NonceNeeded                   RFC 9449, section 8
    ├── InvalidClientMetadata             RFC 7591, section 3.2.2
    │   └── InvalidRedirectUri
    ├── UnsupportedMediaType              415
    ├── TooLarge                          413
    └── BearerError                       RFC 6750, section 3: told in WWW-Authenticate
        ├── NoToken                       401, a challenge without a code
        ├── MalformedBearer               400
        ├── InvalidToken                  401
        ├── InvalidTokenProof             401, RFC 9449, section 7.1: told under the scheme DPoP
        │   └── TokenNonceNeeded          401, RFC 9449, section 9
        └── InsufficientScope             403

An error has two texts: `description`, printable ASCII without quotes and backslashes, goes to the
client; `detail` goes to the log only.
"""

from typing import ClassVar


class OAuthError(Exception):
    """Error of an OAuth endpoint: code, status and description."""

    error: ClassVar[str | None] = "invalid_request"
    status: ClassVar[int] = 400
    text: ClassVar[str] = "The request cannot be understood"

    def __init__(self, description: str | None = None, *, detail: str = "") -> None:
        self.description = description or self.text
        self.detail = detail
        super().__init__(self.description)


class AuthorizationError(OAuthError):
    """Goes to the client's redirect URI once that is known as registered, else to our own page."""


class InvalidRequest(AuthorizationError):
    """The request is malformed."""


class InvalidScope(AuthorizationError):
    """No requested scope is registered for the client."""

    error = "invalid_scope"
    text = "No requested scope is registered for this client"


class InvalidTarget(AuthorizationError):
    """The resource is not registered for the client."""

    error = "invalid_target"
    text = "The resource is not one that this client registered"


class UnauthorizedClient(AuthorizationError):
    """The client did not register for this."""

    error = "unauthorized_client"
    text = "This client did not register for that"


class UnsupportedResponseType(AuthorizationError):
    """The response type is not `code`."""

    error = "unsupported_response_type"
    text = "The only response type is code"


class AccessDenied(AuthorizationError):
    """The person has no access, or cancelled."""

    error = "access_denied"
    text = "The person may not use this service, or chose not to"


class LoginRequired(AuthorizationError):
    """The person has to sign in."""

    error = "login_required"
    text = "The person has to sign in"


class InteractionRequired(AuthorizationError):
    """The person has to answer a question."""

    error = "interaction_required"
    text = "The person has to answer a question first"


class RequestUriNotSupported(AuthorizationError):
    """The request object is at an address."""

    error = "request_uri_not_supported"
    text = "A request object is sent by value, or the request is pushed"


class InvalidRequestUri(AuthorizationError):
    """The `request_uri` is unknown, expired, used or another client's."""

    error = "invalid_request_uri"
    text = "The request_uri is unknown, expired, used or of another client"


class InvalidRequestObject(AuthorizationError):
    """The request object is not valid."""

    error = "invalid_request_object"
    text = "The request object is not valid"


class RegistrationNotSupported(AuthorizationError):
    """The `registration` parameter is not supported."""

    error = "registration_not_supported"
    text = "The registration parameter is not supported"


class UnmetAuthentication(AuthorizationError):
    """The requested level of authentication cannot be reached."""

    error = "unmet_authentication_requirements"
    text = "The requested level of authentication cannot be reached"


class InvalidClient(OAuthError):
    """One text for unknown, disabled and unproven clients: it does not tell which (CA-01)."""

    error = "invalid_client"
    status = 401
    text = "Client authentication failed"


class NotOnRecord(InvalidClient):
    """Failed client authentication without an audit row."""


class TooManyFailures(InvalidClient):
    """The sender failed too often to authenticate the client."""

    status = 429
    text = "Too many failed attempts, wait a minute"


class TooManyOfPublicClient(OAuthError):
    """The public client's network sent too many requests."""

    status = 429
    text = "Too many requests, wait a minute"


class InvalidGrant(OAuthError):
    """The grant is invalid, expired, used, revoked or another client's."""

    error = "invalid_grant"
    text = "The grant is invalid, expired, used, revoked or not for this client"


class OnRecord(InvalidGrant):
    """Invalid grant that already has its audit row."""


class NotForThisClient(InvalidGrant):
    """The token is another client's."""

    text = "The token is of another client"


class UnsupportedGrantType(OAuthError):
    """The grant type is not supported."""

    error = "unsupported_grant_type"
    text = "This grant type is not supported"


class InvalidProof(OAuthError):
    """The DPoP proof is not valid."""

    error = "invalid_dpop_proof"
    text = "The DPoP proof is not valid"


class NonceNeeded(InvalidProof):
    """The DPoP proof needs the nonce of the response."""

    error = "use_dpop_nonce"
    text = "The DPoP proof needs the nonce of the DPoP-Nonce header"


class InvalidClientMetadata(OAuthError):
    """RFC 7591, 3.2.2. Says what is wrong, as far as a description may carry the sentence."""

    error = "invalid_client_metadata"

    def __init__(self, sentence: str) -> None:
        printable = sentence.encode("ascii", "replace").decode()
        super().__init__(printable.translate({ord('"'): "'", ord("\\"): "/"}))


class InvalidRedirectUri(InvalidClientMetadata):
    """A redirect URI of the metadata is not allowed."""

    error = "invalid_redirect_uri"


class UnsupportedMediaType(OAuthError):
    """The body is no form."""

    status = 415
    text = "Send application/x-www-form-urlencoded"


class TooLarge(OAuthError):
    """The request is too large."""

    status = 413
    text = "The request is too large"


class BearerError(OAuthError):
    """Error of a resource, announced in `WWW-Authenticate`."""

    status = 401


class NoToken(BearerError):
    """RFC 6750, 3.1: without authentication information the challenge carries no error code."""

    error = None
    text = "An access token is required"


class MalformedBearer(BearerError):
    """The request does not have exactly one access token in its place."""

    status = 400
    text = "Send one access token, in the Authorization header"


class InvalidToken(BearerError):
    """The access token is invalid, expired or revoked."""

    error = "invalid_token"
    text = "The access token is invalid, expired or revoked"


class InvalidTokenProof(BearerError):
    """The proof of a bound token is missing or not valid."""

    error = "invalid_dpop_proof"
    text = "The DPoP proof is missing, not valid, or not for this token"


class TokenNonceNeeded(InvalidTokenProof):
    """The proof of a bound token needs the nonce of the response."""

    error = NonceNeeded.error
    text = NonceNeeded.text


class InsufficientScope(BearerError):
    """The access token lacks the scope."""

    error = "insufficient_scope"
    status = 403
    text = "The access token lacks the scope for this"
