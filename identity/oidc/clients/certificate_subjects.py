"""Names of certificate subjects in registrations (RFC 8705, 2.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from cryptography import x509

HasName = Callable[[x509.Certificate, str], bool]


def _subject(certificate: x509.Certificate, name: str) -> bool:
    return certificate.subject == x509.Name.from_rfc4514_string(name)


def _alternative(
    kind: type[x509.DNSName | x509.UniformResourceIdentifier | x509.RFC822Name],
) -> HasName:
    def has_name(certificate: x509.Certificate, name: str) -> bool:
        return name in _alternatives(certificate).get_values_for_type(kind)

    return has_name


def _address(certificate: x509.Certificate, name: str) -> bool:
    return ip_address(name) in _alternatives(certificate).get_values_for_type(x509.IPAddress)


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


SUBJECTS: dict[str, HasName] = {
    "tls_client_auth_subject_dn": _subject,
    "tls_client_auth_san_dns": _alternative(x509.DNSName),
    "tls_client_auth_san_uri": _alternative(x509.UniformResourceIdentifier),
    "tls_client_auth_san_email": _alternative(x509.RFC822Name),
    "tls_client_auth_san_ip": _address,
}
"""Members that name the subject, each with its comparison (RFC 8705, 2.1.2)."""


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
