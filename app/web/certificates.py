"""The certificate of the caller's TLS connection, as the trusted proxy passes it on."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from app.clock import now
from app.settings import settings
from app.web.client_address import through_trusted_proxy
from app.web.http import Request

_ARMOUR = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")


class UnreadableCertificate(ValueError):
    """The proxy passed on something else than one certificate."""


def client_certificate(request: Request) -> x509.Certificate | None:
    """Return the caller's certificate, or None. Only a trusted proxy can present one.

    Read as RFC 9440, 2.2 writes it (base64 between colons) and as proxies do: PEM, in one line or
    percent-encoded. Whether it is good for anything is not yet known. Raises UnreadableCertificate.
    """
    name = settings().client_certificate_header
    text = request.header(name) if name is not None else None
    if not text or not through_trusted_proxy(request):
        return None
    text = unquote(text)
    for word in _ARMOUR:
        text = text.replace(word, "")
    try:
        raw = base64.b64decode("".join(text.strip(" :").split()), validate=True)
        return x509.load_der_x509_certificate(raw)
    except (binascii.Error, ValueError, x509.InvalidVersion):
        raise UnreadableCertificate("the certificate cannot be read") from None


def vouched_for(certificate: x509.Certificate) -> bool:
    """Return whether one of our client authorities signed it, and it is valid now (RFC 5280, 6)."""
    authorities = settings().client_certificate_authorities
    if authorities is None:
        return False
    policy = PolicyBuilder().store(_store(authorities)).time(now())
    policy = policy.extension_policies(
        ca_policy=_authority(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        policy.build_client_verifier().verify(certificate, [])
    except VerificationError:
        return False
    return True


def _authority() -> ExtensionPolicy:
    """Require of an authority only that it says so; other web rules do not bind private ones."""
    return ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, None
    )


@lru_cache(maxsize=4)
def _store(authorities: Path) -> Store:
    return Store(x509.load_pem_x509_certificates(authorities.read_bytes()))
