"""Client certificates: who a client is, and what its tokens are bound to (RFC 8705)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from app.web.certificates import UnreadableCertificate, client_certificate, vouched_for
from app.web.http import Request
from identity.oidc.errors import InvalidRequest
from identity.oidc.proof.binding import CERTIFICATE, Binding

Named = Callable[[x509.Certificate, str], bool]


def presented(request: Request) -> x509.Certificate | None:
    """Return the certificate of the request's connection.

    Raises InvalidRequest for an unreadable one.
    """
    try:
        return client_certificate(request)
    except UnreadableCertificate as error:
        raise InvalidRequest("The client certificate cannot be read", detail=str(error)) from None


def proven(request: Request) -> Binding | None:
    """Return the binding of tokens for the connection (RFC 8705, 3.1)."""
    certificate = presented(request)
    if certificate is None:
        return None
    digest = certificate.fingerprint(SHA256())
    return Binding(CERTIFICATE, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def why_refused(request: Request, subject: Mapping[str, str]) -> str | None:
    """Return why the present connection does not prove the client of that subject.

    None where it does.

    `subject` is the one member of SUBJECTS that the client registered (RFC 8705, 2.1.2).
    """
    certificate = presented(request)
    if certificate is None:
        return "no certificate"
    if not vouched_for(certificate):
        return "a certificate of another authority, or out of its time"
    if not all(SUBJECTS[member](certificate, name) for member, name in subject.items()):
        return "a certificate of somebody else"
    return None


def _subject(certificate: x509.Certificate, name: str) -> bool:
    return certificate.subject == x509.Name.from_rfc4514_string(name)


def _alternative(
    kind: type[x509.DNSName | x509.UniformResourceIdentifier | x509.RFC822Name],
) -> Named:
    def named(certificate: x509.Certificate, name: str) -> bool:
        return name in _alternatives(certificate).get_values_for_type(kind)

    return named


def _address(certificate: x509.Certificate, name: str) -> bool:
    return ip_address(name) in _alternatives(certificate).get_values_for_type(x509.IPAddress)


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


SUBJECTS: dict[str, Named] = {
    "tls_client_auth_subject_dn": _subject,
    "tls_client_auth_san_dns": _alternative(x509.DNSName),
    "tls_client_auth_san_uri": _alternative(x509.UniformResourceIdentifier),
    "tls_client_auth_san_email": _alternative(x509.RFC822Name),
    "tls_client_auth_san_ip": _address,
}
"""How a registration names the certificate's subject (RFC 8705, 2.1.2)."""


def why_no_name(member: str, name: str) -> str | None:
    """Return why the text cannot name a subject; None where it can."""
    try:
        if member == "tls_client_auth_subject_dn":
            x509.Name.from_rfc4514_string(name)
        elif member == "tls_client_auth_san_ip":
            ip_address(name)
    except ValueError:
        return "it is no distinguished name (RFC 4514)" if "dn" in member else "it is no address"
    return None if name else "it is empty"
