"""What a client's metadata may say (RFC 7591 section 2, OpenID Connect Registration section 2).

Authlib checks the shapes of what those standards name; what this provider allows of it stands in
the rules below. Members that nobody knows are ignored, as RFC 7591 asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc7591 import ClientMetadataClaims as OAuthMetadata
from authlib.oidc.registration import ClientMetadataClaims as OpenIDMetadata
from joserfc.errors import JoseError

from app import outgoing
from app.outgoing import NotReached
from app.settings import settings
from app.typed_text import LONGEST_NAME, RefusedText, clean_text
from identity.oidc import levels, redirects, scopes
from identity.oidc.clients.consistency import refuse_contradictions
from identity.oidc.clients.documents import fetched
from identity.oidc.clients.jwks import read, signing_keys
from identity.oidc.clients.metadata import (
    ACCESS_TOKEN_ALGS,
    ADDRESSES,
    AUTH_METHODS,
    CLIENT_ALGS,
    FAPI2,
    FAPI2_DEFAULTS,
    ID_TOKEN_ALGS,
    LONGEST_MAX_AGE,
    PAIRWISE,
    PROFILES,
    RESPONSE_ALGS,
    RESPONSE_TYPES,
    SUBJECT_TYPES,
    SWITCHES,
    InvalidMetadata,
    boolean,
    one_of,
    several_of,
    texts,
)
from identity.oidc.foreign import SIGNING_ALGS, UnfitKey
from identity.oidc.keys.states import ALGS
from identity.oidc.policy import LIFETIMES
from identity.oidc.proof import certificate


def validated(
    metadata: Any, *, grant_types: tuple[str, ...], service_exists: Callable[[str], bool]
) -> dict[str, Any]:
    """The registration that the metadata asks for, defaults filled in. Raises InvalidMetadata."""
    if not isinstance(metadata, Mapping):
        raise InvalidMetadata("The metadata of a client is a JSON object.")
    given = {name: value for name, value in metadata.items() if value is not None}
    if given.get("profile") == FAPI2:
        given = _fapi2_defaults(given) | given
    result = {
        "client_name": _name(given),
        "token_endpoint_auth_method": one_of(given, "token_endpoint_auth_method", AUTH_METHODS),
        "grant_types": several_of(given, "grant_types", grant_types, ("authorization_code",)),
        "response_types": several_of(given, "response_types", RESPONSE_TYPES, RESPONSE_TYPES),
        "application_type": one_of(given, "application_type", ("web", "native")),
        "scope": _scope(given),
        "subject_type": one_of(given, "subject_type", SUBJECT_TYPES),
        "id_token_signed_response_alg": one_of(
            given, "id_token_signed_response_alg", ID_TOKEN_ALGS
        ),
        "access_token_signed_response_alg": one_of(
            given, "access_token_signed_response_alg", ACCESS_TOKEN_ALGS
        ),
        "profile": one_of(given, "profile", PROFILES),
        "require_pkce": boolean(given, "require_pkce", default=True),
        **{member: boolean(given, member, default=False) for member in SWITCHES},
    }
    result["redirect_uris"] = _redirects(given, "redirect_uris")
    result["post_logout_redirect_uris"] = _redirects(given, "post_logout_redirect_uris")
    result["resources"] = _resources(given)
    result |= _lifetimes(given) | _optional(given, service_exists)
    result |= _sector_document(given, result)
    refuse_contradictions(result)
    _in_the_standards_shape(given)
    return result


def sector(registration: Mapping[str, Any]) -> str | None:
    """The sector within which a pairwise client's subjects hold (Core, 8.1); None for others."""
    if registration["subject_type"] != PAIRWISE:
        return None
    address: str = registration.get("sector_identifier_uri") or registration["redirect_uris"][0]
    return urlsplit(address).hostname


def _name(given: dict[str, Any]) -> str:
    name = given.get("client_name", "")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidMetadata(f"client_name is a text of 1 to {LONGEST_NAME} characters.")
    if not name.isprintable():
        raise InvalidMetadata("client_name contains a character that cannot be shown.")
    try:
        clean_text(name, "client_name")
    except RefusedText as error:
        raise InvalidMetadata(f"{error}.") from error
    return name.strip()


def _scope(given: dict[str, Any]) -> str:
    if "scope" not in given:
        return scopes.join(scopes.DEFAULT)
    text = given["scope"]
    if not isinstance(text, str) or not text.strip():
        raise InvalidMetadata("scope is a text of scopes with spaces between.")
    asked = scopes.split(" ".join(text.split()))
    unknown = [scope for scope in asked if scope not in scopes.supported()]
    if unknown:
        raise InvalidMetadata(f"There is no scope {unknown[0]!r}.")
    return scopes.join(asked)


def _redirects(given: dict[str, Any], member: str) -> list[str]:
    addresses = texts(given, member)
    for address in addresses:
        refusal = redirects.why_refused(address)
        if refusal:
            raise InvalidMetadata(
                f"{member}: {address!r} cannot be registered, {refusal}.",
                "invalid_redirect_uri",
            )
    return list(dict.fromkeys(addresses))


def _resources(given: dict[str, Any]) -> list[str]:
    resources = texts(given, "resources")
    for resource in resources:
        refusal = redirects.why_resource_refused(resource)
        if refusal is None and redirects.origin(resource) == settings().issuer:
            # Who registers a resource may introspect its tokens: the issuer's are nobody's.
            refusal = "it is the provider's own, which every token may be for anyway"
        if refusal:
            raise InvalidMetadata(f"resources: {resource!r} cannot be registered, {refusal}.")
    return list(dict.fromkeys(resources))


def _lifetimes(given: dict[str, Any]) -> dict[str, int]:
    chosen = {}
    for lifetime in LIFETIMES:
        value = given.get(lifetime.member, lifetime.default)
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not lifetime.shortest <= value <= lifetime.longest
        ):
            raise InvalidMetadata(
                f"{lifetime.member} is a number of seconds from {lifetime.shortest} "
                f"to {lifetime.longest}."
            )
        chosen[lifetime.member] = value
    return chosen


def _optional(given: dict[str, Any], service_exists: Callable[[str], bool]) -> dict[str, Any]:
    """Members without a default, where they are given."""
    result: dict[str, Any] = {}
    if "service" in given:
        service = given["service"]
        if not isinstance(service, str) or not service_exists(service):
            raise InvalidMetadata(f"There is no service {service!r}: load its file first.")
        result["service"] = service
    if "default_max_age" in given:
        age = given["default_max_age"]
        if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= LONGEST_MAX_AGE:
            raise InvalidMetadata(
                f"default_max_age is a number of seconds from 0 to {LONGEST_MAX_AGE}."
            )
        result["default_max_age"] = age
    if "default_acr_values" in given:
        result["default_acr_values"] = several_of(given, "default_acr_values", levels.REACHABLE, ())
    result |= {member: _address(given, member) for member in ADDRESSES if member in given}
    if "exchange_from" in given:
        result["exchange_from"] = texts(given, "exchange_from")
    result |= _logout(given)
    result |= _algorithms(given) | _keys(given) | _certificate(given)
    for member in ("software_id", "software_version"):
        if member in given:
            result[member] = str(given[member])[:200]
    if "contacts" in given:
        result["contacts"] = texts(given, "contacts")
    return result


def _address(given: dict[str, Any], member: str) -> str:
    address = given[member]
    refusal = redirects.why_refused(address) if isinstance(address, str) else "it is no text"
    if refusal:
        raise InvalidMetadata(f"{member}: {address!r} is refused, {refusal}.")
    return str(address)


def _called_address(given: dict[str, Any], member: str) -> str:
    """An address that the provider itself will call."""
    address = _address(given, member)
    if (refusal := outgoing.why_refused(address)) is not None:
        raise InvalidMetadata(f"{member}: {address!r} is refused, {refusal}.")
    return address


def _sector_document(given: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Core, 8.1: the document behind `sector_identifier_uri` lists every redirect URI."""
    addresses = result["redirect_uris"]
    if "sector_identifier_uri" not in given:
        hosts = {urlsplit(address).hostname for address in addresses}
        if result["subject_type"] == PAIRWISE and len(hosts) != 1:
            raise InvalidMetadata(
                "sector_identifier_uri is needed: the redirect URIs are of several hosts."
            )
        return {}
    address = _called_address(given, "sector_identifier_uri")
    try:
        listed = fetched(address)
    except NotReached:
        raise InvalidMetadata("sector_identifier_uri: its document was not reached.") from None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise InvalidMetadata("sector_identifier_uri: its document is no array of addresses.")
    if not set(addresses) <= set(listed):
        raise InvalidMetadata("sector_identifier_uri: its document lacks one of redirect_uris.")
    return {"sector_identifier_uri": address}


def _algorithms(given: dict[str, Any]) -> dict[str, Any]:
    ours = {member: one_of(given, member, ALGS) for member in RESPONSE_ALGS if member in given}
    theirs = {
        member: one_of(given, member, SIGNING_ALGS) for member in CLIENT_ALGS if member in given
    }
    return ours | theirs


def _keys(given: dict[str, Any]) -> dict[str, Any]:
    """RFC 7591, 2: the client's public keys, by value or by address."""
    if "jwks" in given and "jwks_uri" in given:
        raise InvalidMetadata("Give jwks or jwks_uri, not both.")
    if "jwks_uri" in given:
        return {"jwks_uri": _called_address(given, "jwks_uri")}
    if "jwks" not in given:
        return {}
    try:
        keys = read(given["jwks"])
    except UnfitKey as error:
        raise InvalidMetadata(f"jwks: {error}.") from None
    if not keys:
        raise InvalidMetadata(
            "jwks has no key for signatures: EC P-256, Ed25519, or RSA from 2048 bits."
        )
    return {"jwks": {"keys": signing_keys(given["jwks"])}}


def _certificate(given: dict[str, Any]) -> dict[str, str]:
    """RFC 8705, 2.1.2: how the client's certificate names it."""
    members = {member: given[member] for member in certificate.SUBJECTS if member in given}
    for member, name in members.items():
        refusal = (
            certificate.why_no_name(member, name) if isinstance(name, str) else "it is no text"
        )
        if refusal:
            raise InvalidMetadata(f"{member}: {name!r} is refused, {refusal}.")
    return members


def _logout(given: dict[str, Any]) -> dict[str, Any]:
    result = {}
    if "backchannel_logout_uri" in given:
        result["backchannel_logout_uri"] = _called_address(given, "backchannel_logout_uri")
    if "frontchannel_logout_uri" in given:
        result["frontchannel_logout_uri"] = _address(given, "frontchannel_logout_uri")
    return result


def _fapi2_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens are bound to a key, or to the certificate where the client asks for that."""
    if given.get("tls_client_certificate_bound_access_tokens") is not True:
        return FAPI2_DEFAULTS
    return {**FAPI2_DEFAULTS, "dpop_bound_access_tokens": False}


def _in_the_standards_shape(given: dict[str, Any]) -> None:
    # Not kept, so no rule above has looked at them.
    texts(given, "request_uris")
    for claims_class in (OAuthMetadata, OpenIDMetadata):
        try:
            claims_class(dict(given), {}).validate()
        except (JoseError, ValueError, TypeError) as error:
            named = getattr(error, "claim", None) or getattr(error, "description", "")
            raise InvalidMetadata(f"The metadata is refused: {named or error}.") from None
