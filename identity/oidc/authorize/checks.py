"""The checks of an authorization request, in the order in which they are made.

CHECKS is the whole list: what is not in it is not checked. Each is a function of what is asked so
far; it fills in what it found, or raises. Up to REDIRECT_URI nothing is told to anybody but the
person; after it the client learns of errors at its registered address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from app.strict_json import read_json
from identity.oidc import acr, request_objects, scopes
from identity.oidc.authorize.pushed_requests import check_request_uri
from identity.oidc.authorize.request import PARAMETERS, QUERY, ClaimRequests, RequestedAuthorization
from identity.oidc.clients import store
from identity.oidc.errors import (
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    RegistrationNotSupported,
    RequestUriNotSupported,
    UnauthorizedClient,
    UnmetAuthentication,
    UnsupportedResponseType,
)
from identity.oidc.tokens import read_id_token_hint

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
FORM_POST = "form_post"
SIGNED_MODES = {"jwt": QUERY, "query.jwt": QUERY, "form_post.jwt": FORM_POST}
"""JARM, 2.3, and how each travels."""
RESPONSE_MODES = (QUERY, FORM_POST, *SIGNED_MODES)
CHALLENGE_METHODS = ("S256",)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = re.compile(r"\d{1,9}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_CLIENT_ID = 200
LONGEST_REQUEST = 4096
"""Characters of all parameters together, as an address has them; anybody may have them stored."""
LONGEST_PUSHED = 16_384
"""The same for what a confidential client pushes."""


def check_client_id(authorization: RequestedAuthorization) -> None:
    """Check that `client_id` names an enabled client."""
    if "client_id" in authorization.parameters.repeated:
        authorization.parameters.refuse_repeated()
    client_id = authorization.parameters.get("client_id", "")
    client = store.find(client_id) if len(client_id) <= LONGEST_CLIENT_ID else None
    if client is None:
        raise InvalidRequest(
            "The service is not known here", detail=f"client_id {client_id[:LONGEST_CLIENT_ID]!r}"
        )
    authorization.client = client


def check_repeated_parameters(authorization: RequestedAuthorization) -> None:
    """Check that no parameter is repeated."""
    authorization.parameters.refuse_repeated()


def check_request_object(authorization: RequestedAuthorization) -> None:
    """Replace the parameters with those of the request object (RFC 9101).

    Errors in it are returned to the outer `redirect_uri`, if registered, using the outer
    `response_mode`.
    """
    if "request" not in authorization.parameters:
        return
    outside = authorization.parameters
    if authorization.client.may_return_to(outside.get("redirect_uri", "")):
        authorization.redirect_uri = outside["redirect_uri"]
        check_response_mode(authorization)
    if "request_uri" in outside:
        raise InvalidRequest("Send request or request_uri, not both")
    inside = request_objects.parameters_in(outside["request"], authorization.client, outside)
    authorization.redirect_uri, authorization.response_mode = None, QUERY
    authorization.parameters = (
        inside.with_pair("client_id", authorization.client.client_id)
        if ("client_id" not in inside)
        else inside
    )
    authorization.signed = True


def check_registered_form(authorization: RequestedAuthorization) -> None:
    """Check that the request has the form to which the client is bound (RFC 9126, 5).

    Also RFC 9101, 10.5.
    """
    client = authorization.client
    pushed = authorization.pushing or authorization.pushed_id is not None
    if (client.require_par or client.fapi) and not pushed:
        raise InvalidRequest("This client pushes its requests (RFC 9126)")
    if client.require_signed_request and not authorization.signed:
        raise InvalidRequest("This client signs its requests (RFC 9101)")


def check_redirect_uri(authorization: RequestedAuthorization) -> None:
    """Compare `redirect_uri` character by character (RFC 9700, 2.1).

    For a native application the port of a loopback address is left out (RFC 8252, 7.3).
    """
    address = authorization.parameters.get("redirect_uri")
    if address is None:
        raise InvalidRequest("redirect_uri is missing")
    if not authorization.client.may_return_to(address):
        raise InvalidRequest(
            "redirect_uri is not registered for this client",
            detail=f"redirect_uri {address[:500]!r} of {authorization.client.client_id}",
        )
    authorization.redirect_uri = address


def check_request_size(authorization: RequestedAuthorization) -> None:
    """Limit the size of the request.

    It is stored for as long as the person takes, and part of it is returned in an address.

    `id_token_hint` does not count: a check of its own refuses all but tokens that we signed.
    """
    longest = LONGEST_PUSHED if authorization.from_client else LONGEST_REQUEST
    counted = PARAMETERS - {"id_token_hint"}
    values = (quote(value) for name in counted for value in authorization.parameters.all(name))
    if sum(map(len, values)) > longest:
        raise InvalidRequest(f"The parameters are longer than {longest} characters")


def check_response_mode(authorization: RequestedAuthorization) -> None:
    """Check that `response_mode` is offered."""
    mode = authorization.parameters.get("response_mode", QUERY)
    if mode not in RESPONSE_MODES:
        raise InvalidRequest("This response mode is not supported")
    if mode in SIGNED_MODES and authorization.client.response_alg is None:
        raise InvalidRequest("This client did not register for signed responses")
    authorization.response_mode = mode


def check_unsupported_parameters(authorization: RequestedAuthorization) -> None:
    """Refuse parameters that are not supported (OpenID Connect Core, 6)."""
    if "request_uri" in authorization.parameters:
        raise RequestUriNotSupported
    if "registration" in authorization.parameters:
        raise RegistrationNotSupported


def check_response_type(authorization: RequestedAuthorization) -> None:
    """Check that `response_type` is `code`."""
    response_type = authorization.parameters.get("response_type")
    if response_type is None:
        raise InvalidRequest("response_type is missing")
    if response_type != "code":
        raise UnsupportedResponseType
    if "authorization_code" not in authorization.client.grant_types:
        raise UnauthorizedClient


def check_scope(authorization: RequestedAuthorization) -> None:
    """Drop unregistered scopes; at least one must remain.

    The token response names what was granted. `offline_access` is dropped for a client without
    refresh tokens (OpenID Connect Core, 11).
    """
    wanted, client = scopes.split(authorization.parameters.get("scope")), authorization.client
    possible = set(client.scopes) & set(scopes.of_people())
    if "refresh_token" not in client.grant_types:
        possible.discard(scopes.OFFLINE_ACCESS)
    authorization.scopes = tuple(scope for scope in wanted if scope in possible)
    if not authorization.scopes:
        raise InvalidScope


def check_code_challenge(authorization: RequestedAuthorization) -> None:
    """Require S256 (RFC 7636), unless a confidential client registered otherwise."""
    challenge = authorization.parameters.get("code_challenge")
    method = authorization.parameters.get("code_challenge_method")
    if challenge is None:
        if (
            method is not None
            or authorization.client.require_pkce
            or not authorization.client.confidential
        ):
            raise InvalidRequest("code_challenge is missing")
        return
    if method not in CHALLENGE_METHODS:
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not the hash of a verifier")
    authorization.code_challenge = challenge


def check_prompt(authorization: RequestedAuthorization) -> None:
    """Check the values of `prompt` and their combination."""
    authorization.prompts = frozenset(scopes.split(authorization.parameters.get("prompt")))
    if not authorization.prompts <= PROMPTS:
        raise InvalidRequest("prompt has an unknown value")
    if authorization.silent and len(authorization.prompts) > 1:
        raise InvalidRequest("prompt=none stands alone")


def check_max_age(authorization: RequestedAuthorization) -> None:
    """Check that `max_age` is a number of seconds."""
    text = authorization.parameters.get("max_age")
    if text is None:
        authorization.max_age = authorization.client.default_max_age
        return
    if not _SECONDS.fullmatch(text) or not text.isascii():
        raise InvalidRequest("max_age is not a number of seconds")
    authorization.max_age = int(text)


def check_claims(authorization: RequestedAuthorization) -> None:
    """Check the claims parameter (Core, 5.5), without unknown claims."""
    text = authorization.parameters.get("claims")
    if text is None:
        return
    try:
        wanted = read_json(text)
    except ValueError as error:
        raise InvalidRequest("claims is not JSON that we read", detail=str(error)) from None
    if not isinstance(wanted, dict):
        raise InvalidRequest("claims is not an object")
    for place in ("userinfo", "id_token"):
        authorization.claims[place] = _claims_of(wanted.get(place))


def _claims_of(wanted: object) -> ClaimRequests:
    if wanted is None:
        return {}
    if not isinstance(wanted, dict) or not all(
        value is None or isinstance(value, dict) for value in wanted.values()
    ):
        raise InvalidRequest("claims has a member of the wrong kind")
    return wanted


def check_acr_values(authorization: RequestedAuthorization) -> None:
    """Check that an essential `acr` can be reached.

    The claims parameter outranks `acr_values`, and that the client's default.
    """
    wanted = authorization.claims.get("id_token", {}).get("acr") or {}
    values = wanted.get("values", [wanted["value"]] if "value" in wanted else None)
    if values is None:
        values = scopes.split(authorization.parameters.get("acr_values")) or list(
            authorization.client.default_acr_values
        )
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidRequest("The acr claim is asked for with something that is no text")
    authorization.acr_values = tuple(values)
    authorization.acr_essential = wanted.get("essential") is True
    if authorization.acr_essential and values and acr.required_level(values) is None:
        raise UnmetAuthentication


def check_resource(authorization: RequestedAuthorization) -> None:
    """Check `resource`, the limit of the grant (RFC 8707, 2); it always includes the issuer."""
    authorization.resources = tuple(dict.fromkeys(authorization.parameters.all("resource")))
    if not set(authorization.resources) <= set(authorization.client.resources):
        raise InvalidTarget


def check_id_token_hint(authorization: RequestedAuthorization) -> None:
    """Read the person from `id_token_hint`, or from a `sub` in the claims parameter."""
    hint = authorization.parameters.get("id_token_hint")
    subject = authorization.claims.get("id_token", {}).get("sub") or {}
    if hint is not None:
        claims = read_id_token_hint(hint)
        if claims is None or claims.get("aud") != authorization.client.client_id:
            raise InvalidRequest("id_token_hint is no ID token of this client")
        authorization.expected_subject = claims["sub"]
    if isinstance(value := subject.get("value"), str):
        authorization.expected_subject = value


def check_dpop_jkt(authorization: RequestedAuthorization) -> None:
    """Check the key of the code (RFC 9449, 10); at PAR a proof names it as well."""
    named = authorization.parameters.get("dpop_jkt")
    if named is not None and not _THUMBPRINT.fullmatch(named):
        raise InvalidRequest("dpop_jkt is no thumbprint of a key")
    authorization.dpop_jkt = named or authorization.proven_key


CHECKS: tuple[Callable[[RequestedAuthorization], None], ...] = (
    check_client_id,
    check_repeated_parameters,
    check_request_uri,
    check_request_object,
    check_registered_form,
    check_redirect_uri,
    check_response_mode,
    check_request_size,
    check_unsupported_parameters,
    check_response_type,
    check_scope,
    check_code_challenge,
    check_prompt,
    check_max_age,
    check_claims,
    check_acr_values,
    check_resource,
    check_id_token_hint,
    check_dpop_jkt,
)


def run_checks(authorization: RequestedAuthorization) -> None:
    """Run the checks in order. Raises AuthorizationError.

    `authorization` then still says where to send it.
    """
    for made in CHECKS:
        made(authorization)
