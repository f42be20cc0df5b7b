"""Members of a client's metadata, each read by itself.

Sources: RFC 7591, 2; OpenID Connect Registration, 2. Rules between members are in `consistency.py`.

A reader is given the metadata and returns what is stored; it raises InvalidMetadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from app import http_client
from app.refusal import RefusalError
from app.settings import settings
from app.typed_text import LONGEST_NAME, clean_text
from identity.oidc import redirects, scopes
from identity.oidc.clients.certificate_subjects import SUBJECTS, why_no_name
from identity.oidc.clients.jwks import read, signing_keys
from identity.oidc.clients.metadata import (
    ACCESS_TOKEN_ALGS,
    ADDRESSES,
    APPLICATION_TYPES,
    AUTH_METHODS,
    CLIENT_ALGS,
    ID_TOKEN_ALGS,
    LONGEST_MAX_AGE,
    NATIVE,
    PROFILES,
    RESPONSE_ALGS,
    RESPONSE_TYPES,
    SUBJECT_TYPES,
    SWITCHES,
    ClientMetadata,
    InvalidMetadata,
    boolean,
    one_of,
    several_of,
    texts,
)
from identity.oidc.jws_registry import SIGNING_ALGS
from identity.oidc.jwt_verification import UnsuitableKey
from identity.oidc.keys.states import ALGS
from identity.oidc.lifetimes import LIFETIMES, Lifetime
from identity.sessions.levels import ORDER

Reader = Callable[[ClientMetadata], object]


def required(
    grant_types: tuple[str, ...], confusable: Callable[[str], str | None]
) -> Iterator[tuple[str, Reader]]:
    """Yield the members that every registration has, with their defaults."""
    choices = (
        ("token_endpoint_auth_method", AUTH_METHODS),
        ("application_type", APPLICATION_TYPES),
        ("subject_type", SUBJECT_TYPES),
        ("id_token_signed_response_alg", ID_TOKEN_ALGS),
        ("access_token_signed_response_alg", ACCESS_TOKEN_ALGS),
        ("profile", PROFILES),
    )
    yield "client_name", partial(_name, confusable=confusable)
    for member, values in choices:
        yield member, partial(one_of, member=member, choices=values)
    yield (
        "grant_types",
        partial(
            several_of, member="grant_types", choices=grant_types, default=("authorization_code",)
        ),
    )
    yield (
        "response_types",
        partial(
            several_of, member="response_types", choices=RESPONSE_TYPES, default=RESPONSE_TYPES
        ),
    )
    yield "scope", _scope
    yield "require_pkce", partial(boolean, member="require_pkce", default=True)
    for member in SWITCHES:
        yield member, partial(boolean, member=member, default=False)
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        yield member, partial(_redirects, member=member)
    yield "resources", _resources
    for lifetime in LIFETIMES:
        yield lifetime.member, partial(_lifetime, lifetime=lifetime)


def optional(service_exists: Callable[[str], bool]) -> Iterator[tuple[str, Reader]]:
    """Yield the members that a registration has if the metadata has them."""
    yield "service", partial(_service, exists=service_exists)
    yield "default_max_age", _default_max_age
    yield (
        "default_acr_values",
        partial(several_of, member="default_acr_values", choices=ORDER, default=()),
    )
    yield "minimum_acr", partial(one_of, member="minimum_acr", choices=ORDER)
    for member in (*ADDRESSES, "frontchannel_logout_uri"):
        yield member, partial(_address, member=member)
    for member in ("backchannel_logout_uri", "jwks_uri"):
        yield member, partial(called_address, member=member)
    for member in ("exchange_from", "contacts"):
        yield member, partial(texts, member=member)
    for members, algs in ((RESPONSE_ALGS, ALGS), (CLIENT_ALGS, SIGNING_ALGS)):
        for member in members:
            yield member, partial(one_of, member=member, choices=algs)
    yield "jwks", _keys
    for member in SUBJECTS:
        yield member, partial(_certificate_subject, member=member)
    for member in ("software_id", "software_version"):
        yield member, partial(_cut, member=member)


def called_address(metadata: ClientMetadata, member: str) -> str:
    """Return an address that the provider itself will call."""
    address = _address(metadata, member)
    if (refusal := http_client.why_address_refused(address)) is not None:
        raise InvalidMetadata(f"{member}: {address!r} is refused, {refusal}.")
    return address


def _name(metadata: ClientMetadata, confusable: Callable[[str], str | None]) -> str:
    name = metadata.get("client_name", "")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidMetadata(f"client_name is a text of 1 to {LONGEST_NAME} characters.")
    if not name.isprintable():
        raise InvalidMetadata("client_name contains a character that cannot be shown.")
    try:
        clean_text(name, "client_name")
    except RefusalError as error:
        raise InvalidMetadata(error.refusal.sentence) from error
    if (refusal := confusable(name.strip())) is not None:
        raise InvalidMetadata(f"client_name: {refusal}.")
    return name.strip()


def _scope(metadata: ClientMetadata) -> str:
    if "scope" not in metadata:
        return scopes.join(scopes.DEFAULT)
    text = metadata["scope"]
    if not isinstance(text, str) or not text.strip():
        raise InvalidMetadata("scope is a text of scopes with spaces between.")
    wanted = scopes.split(" ".join(text.split()))
    unknown = [scope for scope in wanted if scope not in scopes.supported()]
    if unknown:
        raise InvalidMetadata(f"There is no scope {unknown[0]!r}.")
    return scopes.join(wanted)


def _redirects(metadata: ClientMetadata, member: str) -> list[str]:
    addresses = texts(metadata, member)
    native = metadata.get("application_type") == NATIVE
    refusals = [
        InvalidMetadata(
            f"{member}: {address!r} cannot be registered, {refusal}.", "invalid_redirect_uri"
        )
        for address in addresses
        if (refusal := redirects.why_refused(address, native=native)) is not None
    ]
    if refusals:
        raise InvalidMetadata.of(refusals)
    return list(dict.fromkeys(addresses))


def _resources(metadata: ClientMetadata) -> list[str]:
    resources = texts(metadata, "resources")
    for resource in resources:
        refusal = redirects.why_resource_refused(resource)
        if refusal is None and redirects.origin(resource) == settings().issuer:
            # A client may introspect tokens for the resources that it registers.
            refusal = "it is the provider's own, which every token may be for anyway"
        if refusal:
            raise InvalidMetadata(f"resources: {resource!r} cannot be registered, {refusal}.")
    return list(dict.fromkeys(resources))


def _lifetime(metadata: ClientMetadata, lifetime: Lifetime) -> int:
    value = metadata.get(lifetime.member, lifetime.default)
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not lifetime.shortest <= value <= lifetime.longest
    ):
        raise InvalidMetadata(
            f"{lifetime.member} is a number of seconds from {lifetime.shortest} "
            f"to {lifetime.longest}."
        )
    return value


def _service(metadata: ClientMetadata, exists: Callable[[str], bool]) -> str:
    service = metadata["service"]
    if not isinstance(service, str) or not exists(service):
        raise InvalidMetadata(f"There is no service {service!r}: load its file first.")
    return service


def _default_max_age(metadata: ClientMetadata) -> int:
    age = metadata["default_max_age"]
    if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= LONGEST_MAX_AGE:
        raise InvalidMetadata(
            f"default_max_age is a number of seconds from 0 to {LONGEST_MAX_AGE}."
        )
    return age


def _address(metadata: ClientMetadata, member: str) -> str:
    address = metadata[member]
    refusal = redirects.why_refused(address) if isinstance(address, str) else "it is no text"
    if refusal:
        raise InvalidMetadata(f"{member}: {address!r} is refused, {refusal}.")
    return str(address)


def _keys(metadata: ClientMetadata) -> Mapping[str, object]:
    """Read the client's public keys by value (RFC 7591, 2)."""
    try:
        keys = read(metadata["jwks"])
    except UnsuitableKey as error:
        raise InvalidMetadata(f"jwks: {error}.") from None
    if not keys:
        raise InvalidMetadata(
            "jwks has no key for signatures: EC P-256, Ed25519, or RSA from 2048 bits."
        )
    return {"keys": signing_keys(metadata["jwks"])}


def _certificate_subject(metadata: ClientMetadata, member: str) -> str:
    """Read how the client's certificate names it (RFC 8705, 2.1.2)."""
    name = metadata[member]
    refusal = why_no_name(member, name) if isinstance(name, str) else "it is no text"
    if refusal:
        raise InvalidMetadata(f"{member}: {name!r} is refused, {refusal}.")
    return str(name)


def _cut(metadata: ClientMetadata, member: str) -> str:
    return str(metadata[member])[:200]
