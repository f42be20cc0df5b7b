"""Rules of a client's metadata (RFC 7591 section 2, OpenID Connect Registration section 2).

`members.py` reads each member, `consistency.py` compares them, Authlib checks the shapes of what
those standards name. All that is wrong is told at once. Members that nobody knows are ignored, as
RFC 7591 asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from authlib.oauth2.rfc7591 import ClientMetadataClaims as OAuthMetadata
from authlib.oidc.registration import ClientMetadataClaims as OpenIDMetadata
from joserfc.errors import JoseError

from app.http_client import Unreachable
from identity.oidc import redirects
from identity.oidc.clients import members
from identity.oidc.clients.consistency import CHECKS, Check
from identity.oidc.clients.members import Reader
from identity.oidc.clients.metadata import (
    FAPI2,
    FAPI2_DEFAULTS,
    NATIVE,
    PAIRWISE,
    ClientMetadata,
    Faulty,
    InvalidMetadata,
    Members,
    in_english,
    texts,
)
from identity.oidc.clients.remote_documents import fetched
from identity.oidc.json_types import Registration

SECTOR = "sector_identifier_uri"


def validated(
    metadata: object,
    *,
    grant_types: tuple[str, ...],
    service_exists: Callable[[str], bool],
    confusable: Callable[[str], str | None] = lambda _name: None,
) -> Registration:
    """Return the registration that the metadata asks for, defaults filled in.

    `confusable` says why a client may not bear a name. Raises InvalidMetadata with all faults.
    """
    if not isinstance(metadata, Mapping):
        raise InvalidMetadata("The metadata of a client is a JSON object.")
    with_defaults = _with_defaults(
        in_english({name: value for name, value in metadata.items() if value is not None})
    )
    reading = _Reading(with_defaults)
    for member, read in members.required(grant_types, confusable):
        reading.read(member, read)
    for member, read in members.optional(service_exists):
        if member in with_defaults:
            reading.read(member, read)
    for check in (*CHECKS, _sector_is_named):
        reading.compare(check)
    reading.faults += _of_another_shape(with_defaults, reading.result.faulty)
    if SECTOR in with_defaults and not reading.faults:
        # Last, since it calls the client's own server.
        addresses = reading.result.texts("redirect_uris")
        reading.read(SECTOR, partial(_sector_document, addresses=addresses))
    if reading.faults:
        raise InvalidMetadata.of(reading.faults)
    # Each member was checked by its reader.
    return cast("Registration", dict(reading.result))


class _Reading:
    """The members read so far, and every fault that was found."""

    def __init__(self, metadata: ClientMetadata) -> None:
        self.metadata = metadata
        self.result = Members()
        self.faults: list[InvalidMetadata] = []

    def read(self, member: str, read: Reader) -> None:
        try:
            self.result[member] = read(self.metadata)
        except InvalidMetadata as error:
            self.result.faulty.add(member)
            for fault in error.faults:
                fault.member = member
                self.faults.append(fault)

    def compare(self, check: Check) -> None:
        try:
            check(self.result, self.metadata)
        except Faulty:
            return  # A member that it compares is at fault itself.
        except InvalidMetadata as error:
            self.faults.extend(error.faults)


def sector(registration: Registration) -> str | None:
    """Return the sector of a pairwise client's subjects (Core, 8.1); None for others."""
    if registration["subject_type"] != PAIRWISE:
        return None
    address = registration.get("sector_identifier_uri") or registration["redirect_uris"][0]
    return urlsplit(address).hostname


def _with_defaults(metadata: ClientMetadata) -> ClientMetadata:
    """Return the metadata with the defaults of its profile and kind of application."""
    if metadata.get("application_type") == NATIVE:
        metadata = {"token_endpoint_auth_method": "none", **metadata}
    if metadata.get("profile") != FAPI2:
        return metadata
    # Tokens are bound to a key, or to the certificate where the client asks for that.
    defaults = dict(FAPI2_DEFAULTS)
    if metadata.get("tls_client_certificate_bound_access_tokens") is True:
        defaults["dpop_bound_access_tokens"] = False
    return {**defaults, **metadata}


def _sector_is_named(result: Members, metadata: ClientMetadata) -> None:
    """Check that the sector is known: a document, or one host of redirect URIs (Core, 8.1)."""
    hosts = {urlsplit(address).hostname for address in result.texts("redirect_uris")}
    if result["subject_type"] != PAIRWISE or SECTOR in metadata:
        return
    if len(hosts) != 1 or None in hosts:
        raise InvalidMetadata(
            "sector_identifier_uri is needed: the redirect URIs are not of one host."
        )


def _sector_document(metadata: ClientMetadata, addresses: list[str]) -> str:
    """Check that the sector document lists every redirect URI (Core, 8.1)."""
    address = members.called_address(metadata, SECTOR)
    try:
        listed = fetched(address)
    except Unreachable:
        raise InvalidMetadata("sector_identifier_uri: its document was not reached.") from None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise InvalidMetadata("sector_identifier_uri: its document is no array of addresses.")
    if not set(addresses) <= set(listed):
        raise InvalidMetadata("sector_identifier_uri: its document lacks one of redirect_uris.")
    return address


def _of_another_shape(metadata: ClientMetadata, faulty: set[str]) -> Iterable[InvalidMetadata]:
    """Yield faults that Authlib finds in members whose own reader found none."""
    # Not stored, so no reader has looked at them.
    try:
        texts(metadata, "request_uris")
    except InvalidMetadata as error:
        yield error
        return
    rest = {name: value for name, value in metadata.items() if name not in {*faulty, SECTOR}}
    addresses = rest.get("redirect_uris")
    if isinstance(addresses, list):
        # Authlib knows no schemes of native applications.
        rest["redirect_uris"] = [each for each in addresses if not redirects.own_scheme(each)]
    for claims_class in (OAuthMetadata, OpenIDMetadata):
        try:
            claims_class(dict(rest), {}).validate()
        except (JoseError, ValueError, TypeError, AttributeError) as error:
            named = getattr(error, "claim", None) or getattr(error, "description", "")
            yield InvalidMetadata(f"The metadata is refused: {named or error}.")
            return
