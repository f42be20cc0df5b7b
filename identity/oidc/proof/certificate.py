"""Client certificates: who a client is, and what its tokens are bound to (RFC 8705)."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.util import urlsafe_b64encode

from app.web.certificates import UnreadableCertificate, client_certificate, vouched_for
from app.web.http import Request
from identity.oidc.clients.certificate_subjects import SUBJECTS
from identity.oidc.errors import InvalidRequest
from identity.oidc.proof.binding import CERTIFICATE, Binding


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
    return Binding(CERTIFICATE, urlsafe_b64encode(digest).decode())


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
