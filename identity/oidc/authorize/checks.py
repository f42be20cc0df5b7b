"""The checks of an authorization request, in the order in which they are made.

CHECKS is the whole list: what is not in it is not checked. Each is a function of what is asked so
far; it fills in what it found, or raises. Up to REDIRECT_URI nothing is told to anybody but the
person; after it the client learns of errors at its registered address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from app.foreign_json import read_json
from identity.oidc import levels, request_objects, scopes
from identity.oidc.authorize.asked import PARAMETERS, QUERY, Asked
from identity.oidc.authorize.pushed_lookup import pushed_request_is_open
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


def client_is_known(asked: Asked) -> None:
    if "client_id" in asked.parameters.repeated:
        asked.parameters.refuse_repeated()
    client_id = asked.parameters.get("client_id", "")
    client = store.find(client_id) if len(client_id) <= LONGEST_CLIENT_ID else None
    if client is None:
        raise InvalidRequest(
            "The service is not known here", detail=f"client_id {client_id[:LONGEST_CLIENT_ID]!r}"
        )
    asked.client = client


def nothing_is_repeated(asked: Asked) -> None:
    asked.parameters.refuse_repeated()


def request_object_is_right(asked: Asked) -> None:
    """RFC 9101: the object takes the place of the parameters. An error goes to the address that
    stands outside, where that is registered, in the mode that stands there.
    """
    if "request" not in asked.parameters:
        return
    outside = asked.parameters
    if asked.client.may_return_to(outside.get("redirect_uri", "")):
        asked.redirect_uri = outside["redirect_uri"]
        response_mode_is_offered(asked)
    if "request_uri" in outside:
        raise InvalidRequest("Send request or request_uri, not both")
    inside = request_objects.parameters_in(outside["request"], asked.client, outside)
    asked.redirect_uri, asked.response_mode = None, QUERY
    asked.parameters = (
        inside.with_pair("client_id", asked.client.client_id)
        if ("client_id" not in inside)
        else inside
    )
    asked.signed = True


def request_came_as_registered(asked: Asked) -> None:
    """RFC 9126, 5 and RFC 9101, 10.5: what a client binds itself to holds for each request."""
    client = asked.client
    pushed = asked.pushing or asked.pushed_id is not None
    if (client.require_par or client.fapi) and not pushed:
        raise InvalidRequest("This client pushes its requests (RFC 9126)")
    if client.require_signed_request and not asked.signed:
        raise InvalidRequest("This client signs its requests (RFC 9101)")


def redirect_uri_is_registered(asked: Asked) -> None:
    """Compared character by character (RFC 9700, 2.1), for a native application without the port
    of a loopback address (RFC 8252, 7.3).
    """
    address = asked.parameters.get("redirect_uri")
    if address is None:
        raise InvalidRequest("redirect_uri is missing")
    if not asked.client.may_return_to(address):
        raise InvalidRequest(
            "redirect_uri is not registered for this client",
            detail=f"redirect_uri {address[:500]!r} of {asked.client.client_id}",
        )
    asked.redirect_uri = address


def it_is_of_bounded_size(asked: Asked) -> None:
    """The request is stored for as long as the person takes; part of it goes back in an address.

    `id_token_hint` does not count: a check of its own refuses all but tokens that we signed.
    """
    longest = LONGEST_PUSHED if asked.from_client else LONGEST_REQUEST
    counted = PARAMETERS - {"id_token_hint"}
    values = (quote(value) for name in counted for value in asked.parameters.all(name))
    if sum(map(len, values)) > longest:
        raise InvalidRequest(f"The parameters are longer than {longest} characters")


def response_mode_is_offered(asked: Asked) -> None:
    mode = asked.parameters.get("response_mode", QUERY)
    if mode not in RESPONSE_MODES:
        raise InvalidRequest("This response mode is not supported")
    if mode in SIGNED_MODES and asked.client.response_alg is None:
        raise InvalidRequest("This client did not register for signed responses")
    asked.response_mode = mode


def nothing_is_passed_by_object(asked: Asked) -> None:
    """OpenID Connect Core, 6: what is not supported is refused, never ignored."""
    if "request_uri" in asked.parameters:
        raise RequestUriNotSupported
    if "registration" in asked.parameters:
        raise RegistrationNotSupported


def response_type_is_code(asked: Asked) -> None:
    response_type = asked.parameters.get("response_type")
    if response_type is None:
        raise InvalidRequest("response_type is missing")
    if response_type != "code":
        raise UnsupportedResponseType
    if "authorization_code" not in asked.client.grant_types:
        raise UnauthorizedClient


def some_scope_is_registered(asked: Asked) -> None:
    """An unregistered scope is dropped; the token response names what was given. So is
    `offline_access` for a client without refresh tokens (OpenID Connect Core, 11).
    """
    wanted, client = scopes.split(asked.parameters.get("scope")), asked.client
    possible = set(client.scopes) & set(scopes.of_people())
    if "refresh_token" not in client.grant_types:
        possible.discard(scopes.OFFLINE_ACCESS)
    asked.scopes = tuple(scope for scope in wanted if scope in possible)
    if not asked.scopes:
        raise InvalidScope


def challenge_is_right(asked: Asked) -> None:
    """RFC 7636 with S256 only; required unless a confidential client registered otherwise."""
    challenge = asked.parameters.get("code_challenge")
    method = asked.parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None or asked.client.require_pkce or not asked.client.confidential:
            raise InvalidRequest("code_challenge is missing")
        return
    if method not in CHALLENGE_METHODS:
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not the hash of a verifier")
    asked.code_challenge = challenge


def prompt_is_possible(asked: Asked) -> None:
    asked.prompts = frozenset(scopes.split(asked.parameters.get("prompt")))
    if not asked.prompts <= PROMPTS:
        raise InvalidRequest("prompt has an unknown value")
    if asked.silent and len(asked.prompts) > 1:
        raise InvalidRequest("prompt=none stands alone")


def max_age_is_a_number(asked: Asked) -> None:
    text = asked.parameters.get("max_age")
    if text is None:
        asked.max_age = asked.client.default_max_age
        return
    if not _SECONDS.fullmatch(text) or not text.isascii():
        raise InvalidRequest("max_age is not a number of seconds")
    asked.max_age = int(text)


def claims_are_readable(asked: Asked) -> None:
    """OpenID Connect Core, 5.5. Claims that we do not know are ignored, as it asks."""
    text = asked.parameters.get("claims")
    if text is None:
        return
    try:
        wanted = read_json(text)
    except ValueError as error:
        raise InvalidRequest("claims is not JSON that we read", detail=str(error)) from None
    if not isinstance(wanted, dict):
        raise InvalidRequest("claims is not an object")
    for place in ("userinfo", "id_token"):
        asked.claims[place] = _claims_of(wanted.get(place))


def _claims_of(wanted: Any) -> dict[str, Any]:
    if wanted is None:
        return {}
    if not isinstance(wanted, dict) or not all(
        value is None or isinstance(value, dict) for value in wanted.values()
    ):
        raise InvalidRequest("claims has a member of the wrong kind")
    return wanted


def acr_can_be_reached(asked: Asked) -> None:
    """The claims parameter outranks `acr_values`, and that the client's default."""
    wanted = asked.claims.get("id_token", {}).get("acr") or {}
    values = wanted.get("values", [wanted["value"]] if "value" in wanted else None)
    if values is None:
        values = scopes.split(asked.parameters.get("acr_values")) or list(
            asked.client.default_acr_values
        )
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidRequest("The acr claim is asked for with something that is no text")
    asked.acr_values = tuple(values)
    asked.acr_essential = wanted.get("essential") is True
    if asked.acr_essential and values and not set(values) & set(levels.REACHABLE):
        raise UnmetAuthentication


def resources_are_registered(asked: Asked) -> None:
    """RFC 8707, 2: what the grant is limited to; the issuer itself is always included."""
    asked.resources = tuple(dict.fromkeys(asked.parameters.all("resource")))
    if not set(asked.resources) <= set(asked.client.resources):
        raise InvalidTarget


def hinted_person_is_readable(asked: Asked) -> None:
    """`id_token_hint`, or a `sub` asked for in claims: the one person who will do."""
    hint = asked.parameters.get("id_token_hint")
    subject = asked.claims.get("id_token", {}).get("sub") or {}
    if hint is not None:
        claims = read_id_token_hint(hint)
        if claims is None or claims.get("aud") != asked.client.client_id:
            raise InvalidRequest("id_token_hint is no ID token of this client")
        asked.expected_subject = claims["sub"]
    if isinstance(subject.get("value"), str):
        asked.expected_subject = subject["value"]


def proven_key_is_named(asked: Asked) -> None:
    """RFC 9449, 10: the key for which the code is to be; at PAR a proof names it as well."""
    named = asked.parameters.get("dpop_jkt")
    if named is not None and not _THUMBPRINT.fullmatch(named):
        raise InvalidRequest("dpop_jkt is no thumbprint of a key")
    asked.dpop_jkt = named or asked.proven_key


CHECKS: tuple[Callable[[Asked], None], ...] = (
    client_is_known,
    nothing_is_repeated,
    pushed_request_is_open,
    request_object_is_right,
    request_came_as_registered,
    redirect_uri_is_registered,
    response_mode_is_offered,
    it_is_of_bounded_size,
    nothing_is_passed_by_object,
    response_type_is_code,
    some_scope_is_registered,
    challenge_is_right,
    prompt_is_possible,
    max_age_is_a_number,
    claims_are_readable,
    acr_can_be_reached,
    resources_are_registered,
    hinted_person_is_readable,
    proven_key_is_named,
)


def check(asked: Asked) -> None:
    """Raises an AuthorizationError; `asked` then still says where it may be told."""
    for made in CHECKS:
        made(asked)
